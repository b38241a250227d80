"""A ticket of a restricted team with one of everything that has an id, and whom it is hidden from."""

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from tests.callers import make_agent, make_person, open_session_of
from tests.chains import make_attachment, make_entry, make_team, make_ticket
from uzel.domain.permissions import Actor
from uzel.services.merging import merge
from uzel.services.splitting import split
from uzel.store.models import (
    ApiToken,
    Blob,
    Channel,
    Delivery,
    Dispatch,
    Handle,
    Join,
    PersonMerge,
    PersonSuggestion,
    Promise,
    Session,
    Upload,
)

SECRET = "увольнение Петрова"


class Hidden:
    """``ids`` names every path parameter of the API."""

    def __init__(self) -> None:
        self.insider = make_agent("Кадровик", role="administrator")
        self.victim = make_person("Петров", login="petrov")
        self.other = make_person("Петров П.", is_provisional=True)
        self.team = make_team("Кадры", is_restricted=True)
        self.mail = Channel.objects.create(kind="email", name="hr@example.org")
        self.ticket = make_ticket(self.victim, team=self.team, preview=SECRET)
        assert open_session_of(self.victim)
        self.ids: dict[str, Any] = {"number": f"U-{self.ticket.id}", "team_id": self.team.id}
        self.ids |= {"channel_id": self.mail.id, "agent_id": self.insider.id}
        self.ids |= {"organization_id": 1, "service_id": 1, "category_id": 1}
        self.ids |= self._words() | self._journals() | self._people() | self._files()

    def _words(self) -> dict[str, int]:
        """An entry brought by a quarantined delivery, an answer that failed, a promise."""
        entry = make_entry(self.ticket, text=SECRET, html=f"<p>{SECRET}</p>", quoted=SECRET, channel=self.mail)
        reply = make_entry(self.ticket, text=SECRET, direction="out", agent=self.insider, person=self.insider.person)
        raw = {"external_id": "1", "body": SECRET.encode(), "state": "quarantined"}
        entry.delivery = Delivery.objects.create(channel=self.mail, **raw)
        entry.save(update_fields=["delivery"])
        failed = {"to_value": "petrov@example.org", "state": "failed"}
        return {
            "entry_id": entry.id,
            "delivery_id": entry.delivery.id,
            "attachment_id": make_attachment(entry, b"x", "приказ.txt", "text/plain").id,
            "dispatch_id": Dispatch.objects.create(entry=reply, channel=self.mail, **failed).id,
            "join_id": Join.objects.get(entry=entry, undone_at=None).id,
            "promise_id": Promise.objects.create(ticket=self.ticket, text=SECRET, made_by=self.insider).id,
        }

    def _journals(self) -> dict[str, int]:
        by = Actor(person_id=self.insider.person_id, agent_id=self.insider.id, role="administrator")
        apart = make_entry(self.ticket, text=SECRET)
        twin = make_ticket(self.victim, team=self.team)
        make_entry(twin, text=SECRET)
        return {
            "merge_id": merge(twin.id, self.ticket.id, by=by).id,
            "split_id": split(self.ticket.id, [apart.id], by=by).id,
        }

    def _people(self) -> dict[str, int]:
        kinds = ("handles", "tickets", "entries", "threads", "parts", "dropped", "suggestions")
        gone = make_person("Петров-старый", merged_into=self.victim)
        past = {"at": timezone.now() - dt.timedelta(days=1), "moved": {kind: [] for kind in kinds}}
        offered = {"person": self.other, "target": self.victim, "score": 50, "reasons": []}
        return {
            "person_id": self.victim.id,
            "handle_id": Handle.objects.get(person=self.victim).id,
            "suggestion_id": PersonSuggestion.objects.create(**offered).id,
            "person_merge_id": PersonMerge.objects.create(loser=gone, winner=self.victim, **past).id,
        }

    def _files(self) -> dict[str, Any]:
        """What stands beside tickets: a session, a token, a finished upload."""
        blob = Blob.objects.create(hash="b" * 64, size=1)
        token = {"token_hash": b"t", "name": "x", "scopes": ["read"]}
        upload = {"name": "a", "size": 1, "received": 1, "blob": blob}
        return {
            "session_id": Session.objects.get(person=self.victim).id,
            "token_id": ApiToken.objects.create(person=self.insider.person, **token).id,
            "upload_id": Upload.objects.create(id=uuid.uuid4(), person=self.victim, **upload).id,
        }

    def path(self, template: str) -> str:
        """``template`` of the document with the hidden things' ids in it."""
        ids = dict(self.ids)
        if template.startswith("/api/v1/person-merges/"):
            ids["merge_id"] = ids["person_merge_id"]
        return template.removeprefix("/api/v1").format(**ids)

    def body(self, path: str) -> dict[str, Any] | None:
        """A body that is well formed, so that nothing but the right is in question."""
        if path.startswith("/promises/"):
            return {"state": "kept"}
        last = path.rstrip("/").rpartition("/")[2]
        number = self.ids["number"]
        return {
            "replies": {"text": "x"},
            "notes": {"text": "x"},
            "merge": {"into": self.other.id} if path.startswith("/people") else {"into": number},
            "split": {"entry_ids": [self.ids["entry_id"]]},
            "move": {"to": number},
            "participants": {"person_id": self.other.id},
            "promises": {"text": "x"},
            "read": {"entry_id": self.ids["entry_id"]},
            "presence": {"state": "viewing"},
            "send-by": {"channel_id": self.ids["channel_id"]},
            "handles": {"kind": "email", "value": "new@example.org"},
        }.get(last, {})
