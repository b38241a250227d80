"""Who changed what is on record: every endpoint that changes anything, present and future, called by its document."""

import json
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from tests.callers import PASSWORD, Page, make_person, open_session_of, page_of
from tests.chains import make_entry, make_ticket
from tests.security.hidden import Hidden
from uzel.api.app import api
from uzel.api.openapi import document
from uzel.store.models import (
    Account,
    AuditRecord,
    Category,
    Channel,
    Dispatch,
    Entry,
    Organization,
    Service,
    Session,
    Ticket,
    TicketPerson,
)

PATHS: dict[str, Any] = json.loads(document(api))["paths"]
# What changes nothing of anybody's: marks of reading, who looks at a page, a file that is not sent yet, mail coming in.
UNRECORDED = {
    "POST /tickets/{number}/read",
    "POST /tickets/{number}/presence",
    "POST /uploads",
    "PATCH /uploads/{upload_id}",
    "DELETE /uploads/{upload_id}",
    "POST /hooks/{channel_id}",
    "POST /hooks/{channel_id}/{token}",
    "POST /session/link",
    "POST /channels/{channel_id}/check",
}
# With a token from a mail: what they record is tested with the mail (tests/api/test_mailed_links.py and its like).
BY_MAIL = {"POST /session/redeem", "POST /confirmations"}
CHANGES = [
    f"{method.upper()} {path.removeprefix('/api/v1')}"
    for path, methods in PATHS.items()
    for method in methods
    if method not in ("get", "head", "options")
]
NAMES = {"name_ru": "Имя", "name_en": "Name"}
BODIES: dict[str, Any] = {
    "POST /session": {"login": "petrov", "password": "correct horse battery staple"},
    "PATCH /me": {"name": "Другое имя"},
    "POST /me/password": {"current": PASSWORD, "new": "another good password"},
    "POST /tickets": {"requester": {"person_id": 0}, "subject": "x", "text": "x"},
    "PATCH /tickets/{number}": {"subject": "Иначе", "impact": 1},
    "POST /tickets/{number}/confirm": {},
    "POST /tickets/{number}/reopen": {"text": "снова"},
    "POST /people": {"name": "Новый", "handle": {"kind": "email", "value": "fresh@example.org"}},
    "PATCH /people/{person_id}": {"name": "Иначе"},
    "POST /services": NAMES,
    "PATCH /services/{service_id}": {"name_en": "Else"},
    "POST /categories": NAMES,
    "PATCH /categories/{category_id}": {"name_en": "Else"},
    "POST /teams": NAMES,
    "PATCH /teams/{team_id}": {"name_en": "Else"},
    "POST /channels": {"kind": "email", "name": "x", "settings": {"address": "x@example.org"}},
    "PATCH /channels/{channel_id}": {"name": "Иначе"},
    "POST /organizations": {"name": "Завод", "domains": ["plant.example"]},
    "PATCH /organizations/{organization_id}": {"name": "Иначе"},
    "POST /tokens": {"name": "x", "scopes": ["read"]},
}


class Scene(Hidden):
    """Hidden things, with what else a change needs to succeed."""

    def __init__(self) -> None:
        super().__init__()
        Channel.objects.create(kind="portal", name="Портал")
        service = Service.objects.create(name_ru="Почта", name_en="Mail", position=1)
        self.ids["service_id"] = service.id
        self.ids["category_id"] = Category.objects.create(service=service, name_ru="Ящик", name_en="Box").id
        self.ids["organization_id"] = Organization.objects.create(name="Завод").id
        self.free = make_ticket(self.victim)
        make_entry(self.free)

    def change(self, change: str, page: Page) -> Any:
        method, _, template = change.partition(" ")
        self.prepare(change)
        body: Any = BODIES.get(change) or self.body(self.path("/api/v1" + template))
        if change == "POST /tickets":
            body = body | {"requester": {"person_id": self.victim.id}}
        if change == "POST /categories":
            body = body | {"service_id": self.ids["service_id"]}
        if change in ("POST /agents", "POST /tickets/{number}/requester"):
            body = {"person_id": make_person("Новенький", login="fresh").id}
        if change in ("POST /tickets/{number}/merge", "POST /entries/{entry_id}/move"):
            body = {name: f"U-{self.free.id}" for name in body or {}}
        version = Ticket.objects.get(id=self.ticket.id).version
        headers = {"If-Match": f'"{version}"'}
        return page.send(method, self.path("/api/v1" + template), None if method == "DELETE" else body, **headers)

    def prepare(self, change: str) -> None:
        if change.endswith(("/confirm", "/reopen")):
            Ticket.objects.filter(id=self.ticket.id).update(status="resolved", is_open=False)
        if change == "POST /me/password":
            Account.objects.create(person=self.insider.person, login="boss", password=make_password(PASSWORD))
        if change.endswith("/withdraw"):
            reply = Entry.objects.get(direction="out", ticket=self.ticket, kind="message")
            self.ids["entry_id"] = reply.id
            Dispatch.objects.update(state="queued")
        if change.startswith("DELETE /sessions"):
            open_session_of(self.insider.person)
            self.ids["session_id"] = Session.objects.filter(person=self.insider.person).latest("id").id
        if change.startswith("DELETE /tickets"):
            TicketPerson.objects.create(ticket=self.ticket, person=self.other, role="participant")
            self.ids["person_id"] = self.other.id
        if change.startswith("POST /joins"):
            self.ids["join_id"] = self.joined_by_hand()

    def joined_by_hand(self) -> int:
        from uzel.domain.permissions import Actor
        from uzel.services.moving import move

        by = Actor(person_id=self.insider.person_id, agent_id=self.insider.id, role="administrator")
        move(self.ids["entry_id"], self.free.id, by=by)
        return int(Entry.objects.get(id=self.ids["entry_id"]).joins.get(undone_at=None).id)


@pytest.mark.parametrize("change", sorted(set(CHANGES) - UNRECORDED - BY_MAIL))
def test_every_change_is_recorded(change: str) -> None:
    scene = Scene()
    before = AuditRecord.objects.count()
    by = scene.victim if change.endswith("/confirm") else scene.insider.person
    answer = scene.change(change, page_of(by))
    assert answer.status_code < 300, answer.content
    assert AuditRecord.objects.count() > before


def test_what_a_requester_writes_is_recorded() -> None:
    scene = Scene()
    page = page_of(scene.victim)
    for change in ("POST /tickets/{number}/replies", "POST /tickets/{number}/confirm", "PATCH /me"):
        before = AuditRecord.objects.filter(person=scene.victim).count()
        assert scene.change(change, page).status_code < 300
        assert AuditRecord.objects.filter(person=scene.victim).count() > before
