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
        mail = Channel.objects.create(kind="email", name="hr@example.org")
        self.ticket = make_ticket(self.victim, team=self.team, preview=SECRET)
        entry = make_entry(self.ticket, text=SECRET, html=f"<p>{SECRET}</p>", quoted=SECRET, channel=mail)
        reply = make_entry(self.ticket, text=SECRET, direction="out", agent=self.insider, person=self.insider.person)
        apart = make_entry(self.ticket, text=SECRET)
        by = Actor(person_id=self.insider.person_id, agent_id=self.insider.id, role="administrator")
        twin = make_ticket(self.victim, team=self.team)
        make_entry(twin, text=SECRET)
        session = open_session_of(self.victim)
        assert session
        delivery = Delivery.objects.create(channel=mail, external_id="1", body=SECRET.encode(), state="quarantined")
        entry.delivery = delivery
        entry.save(update_fields=["delivery"])
        blob = Blob.objects.create(hash="b" * 64, size=1)
        self.ids: dict[str, Any] = {
            "number": f"U-{self.ticket.id}",
            "entry_id": entry.id,
            "attachment_id": make_attachment(entry, b"x", "приказ.txt", "text/plain").id,
            "dispatch_id": Dispatch.objects.create(
                entry=reply, channel=mail, to_value="petrov@example.org", state="failed"
            ).id,
            "merge_id": merge(twin.id, self.ticket.id, by=by).id,
            "split_id": split(self.ticket.id, [apart.id], by=by).id,
            "join_id": Join.objects.get(entry=entry, undone_at=None).id,
            "promise_id": Promise.objects.create(ticket=self.ticket, text=SECRET, made_by=self.insider).id,
            "person_id": self.victim.id,
            "handle_id": Handle.objects.get(person=self.victim).id,
            "suggestion_id": PersonSuggestion.objects.create(
                person=self.other, target=self.victim, score=50, reasons=[]
            ).id,
            "session_id": Session.objects.get(person=self.victim).id,
            "token_id": ApiToken.objects.create(
                person=self.insider.person, token_hash=b"t", name="x", scopes=["read"]
            ).id,
            "upload_id": Upload.objects.create(
                id=uuid.uuid4(), person=self.victim, name="a", size=1, received=1, blob=blob
            ).id,
            "delivery_id": delivery.id,
            "channel_id": mail.id,
            "team_id": self.team.id,
            "agent_id": self.insider.id,
            "organization_id": 1,
            "service_id": 1,
            "category_id": 1,
        }
        gone = make_person("Петров-старый", merged_into=self.victim)
        self.ids["person_merge_id"] = PersonMerge.objects.create(
            loser=gone,
            winner=self.victim,
            at=timezone.now() - dt.timedelta(days=1),
            moved={
                "handles": [],
                "tickets": [],
                "entries": [],
                "threads": [],
                "parts": [],
                "dropped": [],
                "suggestions": [],
            },
        ).id

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
