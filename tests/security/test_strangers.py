"""Every endpoint there is, present and future, called by those who have no business there."""

import json
import re
from typing import Any

import pytest

from tests.callers import Page, make_agent, make_person, page_of
from tests.chains import make_attachment, make_delivery, make_entry, make_team, make_ticket
from uzel.api.app import api
from uzel.api.openapi import document
from uzel.store.models import Handle, Promise, Ticket

DOCUMENT = json.loads(document(api))
OPERATIONS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]
PUBLIC = {
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/link"),
    ("POST", "/api/v1/session/redeem"),
    ("POST", "/api/v1/confirmations"),
    ("OPTIONS", "/api/v1/uploads"),
    ("POST", "/api/v1/hooks/{channel_id}"),
    ("POST", "/api/v1/hooks/{channel_id}/{token}"),
}
# What any signed-in person may ask for, because it is their own or no secret.
EVERYBODYS = re.compile(
    r"/api/v1/(me|sessions?|tokens|uploads|tickets|tickets/counts|services|channels|channel-kinds|session/\w+|people)$"
)


@pytest.fixture
def foreign() -> dict[str, Any]:
    """Ids of something of every kind, all hanging on one ticket of a closed team."""
    owner = make_agent("Пётр")
    requester = make_person("Олег", login="oleg")
    ticket = make_ticket(requester, team=make_team(is_restricted=True), owner=owner)
    entry = make_entry(ticket, html="<p>s</p>", quoted="s", delivery=make_delivery(b"s"))
    file = make_attachment(entry, b"secret", "a.txt", "text/plain")
    promise = Promise.objects.create(ticket=ticket, text="s", made_by=owner)
    return {
        "number": ticket.id,
        "entry_id": entry.id,
        "attachment_id": file.id,
        "delivery_id": entry.delivery_id,
        "channel_id": entry.delivery.channel_id,
        "join_id": entry.joins.get().id,
        "promise_id": promise.id,
        "person_id": requester.id,
        "handle_id": Handle.objects.filter(person=requester).get().id,
        "team_id": ticket.team_id,
    }


def address(path: str, ids: dict[str, Any]) -> str:
    def put(match: re.Match[str]) -> str:
        return str(ids.get(match[1], "00000000-0000-0000-0000-000000000001" if match[1] == "upload_id" else 1))

    return re.sub(r"\{(\w+)\}", put, path).removeprefix("/api/v1")


@pytest.mark.parametrize(("method", "path"), sorted(set(OPERATIONS) - PUBLIC))
def test_nobody_gets_in_without_signing_in(method: str, path: str, foreign: dict[str, Any]) -> None:
    answer = Page().send(method, address(path, foreign), {} if method in ("POST", "PUT", "PATCH") else None)
    assert answer.status_code == 401, answer.content


@pytest.mark.parametrize("path", sorted(path for method, path in OPERATIONS if method == "GET" and "{" in path))
@pytest.mark.parametrize("role", ["requester", "agent"])
def test_nobody_reads_what_belongs_to_a_closed_team(path: str, role: str, foreign: dict[str, Any]) -> None:
    reader = make_person() if role == "requester" else make_agent("Чужой", role="agent").person
    answer = page_of(reader).get(address(path, foreign))
    if role == "agent" and "/people/" in path:
        assert b"\xd0\x9d\xd0\xb5 \xd0\xbe\xd1\x82\xd0\xba\xd1\x80" not in answer.content, "the ticket's subject"
    else:
        assert answer.status_code in (403, 404, 422), answer.content


@pytest.mark.parametrize("path", sorted(path for method, path in OPERATIONS if method == "GET" and "{" not in path))
def test_a_requester_lists_nothing_of_others(path: str, foreign: dict[str, Any]) -> None:
    answer = page_of(make_person()).get(address(path, foreign))
    assert answer.status_code in (200, 403), answer.content
    if answer.status_code == 200:
        assert "Олег" not in answer.content.decode()
        assert "oleg" not in answer.content.decode()
        assert "Не открывается 1С" not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    sorted((m, p) for m, p in OPERATIONS if m not in ("GET", "HEAD", "OPTIONS") and (m, p) not in PUBLIC),
)
def test_a_stranger_changes_nothing_of_a_foreign_ticket(method: str, path: str, foreign: dict[str, Any]) -> None:
    if EVERYBODYS.search(path):
        pytest.skip("one's own")
    before = Ticket.objects.values().get(id=foreign["number"])
    answer = page_of(make_person()).send(method, address(path, foreign), body_for(method, path))
    assert answer.status_code in (400, 403, 404, 412, 422, 428), (answer.status_code, answer.content)
    assert Ticket.objects.values().get(id=foreign["number"]) == before


def body_for(method: str, path: str) -> dict[str, Any]:
    """The least body that passes validation, so that the right is asked and not the form."""
    content = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    schema = resolved(content.get("application/json", {}).get("schema", {}))
    return {name: value_for(schema["properties"][name]) for name in schema.get("required", [])}


def value_for(schema: dict[str, Any]) -> Any:
    schema = resolved(schema)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return value_for(options[0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [value_for(schema["items"])] * max(1, schema.get("minItems", 0))
    if schema.get("type") == "object":
        return {name: value_for(schema["properties"][name]) for name in schema.get("required", [])}
    plain = {"integer": 1, "boolean": True, "number": 1}
    return plain.get(schema.get("type", "string"), "U-1")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name] if name else schema


def test_no_body_takes_more_than_it_names() -> None:
    """Mass assignment: a field that the document does not name is refused everywhere."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                schema = resolved(content["schema"])
                assert schema.get("additionalProperties") is False, f"{method} {path}"
