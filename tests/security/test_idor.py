"""Every address of the API that takes an id, called with the ids of things that the caller may not touch.

The walk is made from the API's own document: a new endpoint takes part in it without being named here.
"""

import json
from typing import Any

import pytest

from tests.callers import Page, make_agent, make_person, page_of
from tests.security.hidden import SECRET, Hidden
from uzel.api.app import api
from uzel.api.openapi import document
from uzel.store.models import Channel, Dispatch, Entry, Handle, Join, Person, Promise, ReadMark, Ticket, TicketPerson

PATHS: dict[str, Any] = json.loads(document(api))["paths"]
# Not about somebody's things: signed by the provider; the catalogue is everybody's and only read here.
ELSEWHERE = ("/api/v1/hooks/",)
# Agents keep the cards of all people: what they may not see of them are hidden tickets.
OF_THE_DESK = ("/api/v1/people/", "/api/v1/handles/", "/api/v1/suggestions/", "/api/v1/person-merges/")
REFUSED = (403, 404, 405)
WALK = [
    (method, path)
    for path, methods in PATHS.items()
    for method in methods
    if "{" in path and not path.startswith(ELSEWHERE)
]


def state() -> list[object]:
    return [
        list(Ticket.objects.order_by("id").values()),
        list(Entry.objects.order_by("id").values_list("id", "ticket_id", "withdrawn_at")),
        list(Join.objects.order_by("id").values()),
        list(Dispatch.objects.order_by("id").values_list("id", "state")),
        list(Person.objects.order_by("id").values()),
        list(Handle.objects.order_by("id").values()),
        list(Promise.objects.order_by("id").values()),
        list(TicketPerson.objects.order_by("id").values()),
        list(ReadMark.objects.order_by("person_id").values()),
    ]


def walk(hidden: Hidden, page: Page, skip: tuple[str, ...] = ()) -> list[str]:
    """Addresses that gave something away or changed something."""
    leaks = []
    before = state()
    for method, template in WALK:
        if template.startswith(skip):
            continue
        path = hidden.path(template)
        extra = {"If-Match": '"1"', "Tus-Resumable": "1.0.0"}
        body = None if method in ("get", "head", "delete") else hidden.body(path)
        query = "?before=WyIyMDMwLTAxLTAxVDAwOjAwOjAwWiIsMV0" if path.endswith("/entries") else ""
        answer = page.send(method.upper(), path + query, body, **extra)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        refused = (*REFUSED, 415) if "/uploads/" in path else REFUSED  # tus bodies are no JSON
        if answer.status_code not in refused or SECRET.encode() in content:
            leaks.append(f"{method.upper()} {template}: {answer.status_code} {content[:200]!r}")
    if state() != before:
        leaks.append("something was changed")
    return leaks


def test_a_stranger_reaches_nothing_by_guessing_ids() -> None:
    hidden = Hidden()
    stranger = page_of(make_person("Чужой", login="stranger"))
    assert walk(hidden, stranger) == []


def test_an_agent_outside_a_restricted_team_reaches_nothing_of_it() -> None:
    hidden = Hidden()
    lead = make_agent("Начальник другого отдела", role="lead")
    assert walk(hidden, page_of(lead.person), OF_THE_DESK) == []
    profile = page_of(lead.person).get(f"/people/{hidden.victim.id}")
    assert (profile.status_code, profile.json()["tickets"]) == (200, [])
    merged = page_of(lead.person).post(f"/people/{hidden.victim.id}/merge", {"into": lead.person_id})
    assert merged.status_code == 403


def test_nobody_reaches_anything_without_signing_in() -> None:
    hidden = Hidden()
    for method, template in WALK:
        answer = Page().send(method.upper(), hidden.path(template), {} if method in ("post", "put", "patch") else None)
        assert answer.status_code in (401, 405), f"{method} {template}: {answer.status_code}"


@pytest.mark.parametrize("view", ["open", "all", "due", "waiting", "unassigned", "my-teams", "mine", "closed"])
def test_lists_counters_and_search_do_not_tell_of_hidden_tickets(view: str) -> None:
    hidden = Hidden()
    for person in (make_agent("Посторонний", role="lead").person, make_person("Чужой", login="stranger")):
        page = page_of(person)
        for query in (f"view={view}", f"view={view}&q={hidden.ids['number']}", f"view={view}&scope=organization"):
            answer = page.get(f"/tickets?{query}")
            assert answer.status_code == 422 or answer.json()["items"] == []
    counts = page_of(make_agent("Ещё один").person).get("/tickets/counts").json()
    assert set(counts.values()) == {0}


def test_an_agent_may_not_put_a_hidden_ticket_into_one_of_his_own() -> None:
    hidden, agent = Hidden(), make_agent("Посторонний")
    Channel.objects.create(kind="portal", name="Портал")
    page = page_of(agent.person)
    mine = page.post("/tickets", {"requester": {"person_id": agent.person_id}, "text": "моё"}).json()["ticket"][
        "number"
    ]
    entry = Entry.objects.get(ticket_id=int(mine[2:]), kind="message")
    tries = [
        page.post(f"/tickets/{hidden.ids['number']}/merge", {"into": mine}),
        page.post(f"/tickets/{mine}/merge", {"into": hidden.ids["number"]}),
        page.post(f"/entries/{hidden.ids['entry_id']}/move", {"to": mine}),
        page.post(f"/entries/{entry.id}/move", {"to": hidden.ids["number"]}),
        page.post(f"/tickets/{mine}/split", {"entry_ids": [hidden.ids["entry_id"]]}),
        page.post(f"/tickets/{mine}/promises", {"text": "x", "entry_id": hidden.ids["entry_id"]}),
    ]
    assert [answer.status_code for answer in tries] == [404, 404, 404, 404, 422, 422]
