"""A day at the desk and in the portal, over the API as pages call it."""

import uuid
from typing import Any

import pytest

from tests.callers import Page, make_agent, make_person, page_of
from tests.chains import make_team
from uzel.store.models import Agent, Channel, Handle, Person, Team, Ticket


@pytest.fixture
def agent() -> Agent:
    for kind in ("portal", "email"):
        if not Channel.objects.filter(kind=kind).exists():
            Channel.objects.create(kind=kind, name=kind)
    if not Team.objects.filter(is_default=True).exists():
        make_team(is_default=True)
    return make_agent("Анна Смирнова")


@pytest.fixture
def desk(agent: Agent) -> Page:
    return page_of(agent.person)


@pytest.fixture
def maria(agent: Agent) -> Person:
    return make_person("Мария Иванова", login="maria")


@pytest.fixture
def portal(maria: Person) -> Page:
    return page_of(maria)


def opened(page: Page, **body: Any) -> dict[str, Any]:
    answer = page.post("/tickets", {"subject": "Не печатает", "text": "Принтер молчит"} | body)
    assert answer.status_code == 201, answer.content
    assert answer["ETag"] == f'"{answer.json()["ticket"]["version"]}"'
    ticket: dict[str, Any] = answer.json()["ticket"]
    return ticket


def test_the_story_of_one_ticket_from_the_portal_to_the_confirmation(desk: Page, portal: Page, maria: Person) -> None:
    ticket = opened(portal, urgency=1, impact=1)
    number = ticket["number"]
    assert [ticket[name] for name in ("status", "priority", "channels")] == ["new", 2, ["portal"]]
    assert ticket["can"]["note"] is False
    assert [row["number"] for row in desk.get("/tickets?view=unassigned").json()["items"]] == [number]

    assert desk.post(f"/tickets/{number}/take").json()["ticket"]["owner_name"] == "Анна Смирнова"
    vias = desk.get(f"/tickets/{number}/vias").json()["items"]
    assert {(via["channel_kind"], via["to"], via["is_default"]) for via in vias} == {
        ("portal", "", True),
        ("email", "maria@example.org", False),
    }
    mail = next(via for via in vias if via["channel_kind"] == "email")
    via = {"channel_id": mail["channel_id"], "to": mail["to"]}
    reply = desk.post(f"/tickets/{number}/replies", {"text": "Какая модель?", "via": via})
    assert reply.status_code == 201, reply.content
    (dispatch,) = reply.json()["dispatches"]
    assert (dispatch["to"], dispatch["state"]) == ("maria@example.org", "queued")
    assert dispatch["cancel_until"] is not None
    assert desk.post(f"/entries/{reply.json()['id']}/withdraw").json()["withdrawn"] is True
    assert desk.post(f"/tickets/{number}/replies", {"text": "Какая модель?", "via": "portal"}).status_code == 201
    note = desk.post(f"/tickets/{number}/notes", {"text": "наверное, HP"})
    assert (note.status_code, note.json()["join"]["verdict"]) == (201, "agent")

    seen = portal.get(f"/tickets/{number}").json()
    assert [entry["text"] for entry in seen["entries"] if entry["kind"] != "event"] == [
        "Принтер молчит",
        "Какая модель?",
    ]
    assert portal.post(f"/tickets/{number}/replies", {"text": "HP 1102"}).status_code == 201
    version = desk.get(f"/tickets/{number}")["ETag"]
    done = desk.patch(f"/tickets/{number}", {"status": "resolved"}, If_Match=version)
    assert (done.status_code, done.json()["status"]) == (200, "resolved")
    assert portal.get(f"/tickets/{number}").json()["ticket"]["can"]["confirm"] is True
    assert portal.post(f"/tickets/{number}/confirm", {}).json()["ticket"]["status"] == "closed"


def test_a_change_needs_the_version_that_was_seen(desk: Page, portal: Page) -> None:
    number = opened(portal)["number"]
    assert desk.patch(f"/tickets/{number}", {"urgency": 1}).status_code == 428
    stale = desk.patch(f"/tickets/{number}", {"urgency": 1}, If_Match='"1"')
    assert stale.status_code == 412
    fresh = desk.patch(f"/tickets/{number}", {"urgency": 1}, If_Match=f'"{stale.json()["current"]}"')
    assert fresh.status_code == 200


def test_a_change_that_hides_the_ticket_from_its_author_says_so(desk: Page, portal: Page) -> None:
    number = opened(portal)["number"]
    closed = make_team("Кадры", is_restricted=True)
    moved = desk.patch(f"/tickets/{number}", {"team_id": closed.id}, If_Match=desk.get(f"/tickets/{number}")["ETag"])
    assert (moved.status_code, desk.get(f"/tickets/{number}").status_code) == (204, 404)
    assert Ticket.objects.get().team_id == closed.id


def test_a_walk_in_is_registered_in_three_fields_and_once(desk: Page) -> None:
    body = {
        "requester": {"name": "Иван Новый", "handle": {"kind": "email", "value": "Ivan@Example.org"}},
        "subject": "Пропуск",
        "text": "Не открывает дверь",
        "client_key": str(uuid.uuid4()),
    }
    first, again = opened(desk, **body), opened(desk, **body)
    assert (first["number"], first["requester_name"]) == (again["number"], "Иван Новый")
    assert Handle.objects.get(value="ivan@example.org").person.name == "Иван Новый"
    assert opened(desk, **(body | {"client_key": None, "subject": "Пропуск\nBcc: all@example.org"}))["subject"] == (
        "Пропуск Bcc: all@example.org"
    )
    known = opened(desk, **(body | {"client_key": None}))
    assert known["requester_id"] == first["requester_id"]


def test_a_requester_can_not_ask_in_anothers_name_or_use_the_desk(desk: Page, portal: Page, agent: Agent) -> None:
    number = opened(portal)["number"]
    tries = [
        portal.post("/tickets", {"requester": {"person_id": agent.person_id}, "text": "x"}),
        portal.post(f"/tickets/{number}/notes", {"text": "x"}),
        portal.post(f"/tickets/{number}/take"),
        portal.get(f"/tickets/{number}/vias"),
        portal.get("/tickets/counts"),
        portal.get("/people"),
        portal.get("/agents"),
        portal.get("/channels"),
        desk.post("/services", {"name_ru": "x", "name_en": "x"}),
        desk.get("/channel-kinds"),
        desk.get("/deliveries"),
    ]
    assert [answer.status_code for answer in tries] == [403] * len(tries)
    assert portal.get("/tickets?view=unassigned").status_code == 422
    assert portal.get("/services").status_code == 200


def test_merging_and_splitting_answer_with_the_pages_to_show(desk: Page, portal: Page) -> None:
    one, two = opened(portal), opened(portal, text="И сканер")
    merged = desk.post(f"/tickets/{two['number']}/merge", {"into": one["number"]}).json()
    assert merged["ticket"]["ticket"]["number"] == one["number"]
    shown = desk.get(f"/tickets/{two['number']}").json()
    assert (shown["redirected_from"], shown["ticket"]["merges"][0]["loser"]) == (two["number"], two["number"])
    assert desk.post(f"/merges/{merged['merge_id']}/undo").json()["ticket"]["number"] == two["number"]
    portal.post(f"/tickets/{one['number']}/replies", {"text": "и мышь"})
    mouse = desk.get(f"/tickets/{one['number']}").json()["entries"][-1]
    split = desk.post(f"/tickets/{one['number']}/split", {"entry_ids": [mouse["id"]], "subject": "Мышь"})
    assert (split.status_code, split.json()["ticket"]["ticket"]["subject"]) == (201, "Мышь")
    back = desk.post(f"/splits/{split.json()['split_id']}/undo").json()
    assert back["ticket"]["number"] == one["number"]
    moved = desk.post(f"/entries/{mouse['id']}/move", {"to": two["number"]}).json()
    undone = desk.post(f"/joins/{moved['join']['id']}/undo").json()
    assert undone["number"] == one["number"]


def test_lists_go_on_where_the_page_ended_and_find_by_words(desk: Page, portal: Page) -> None:
    for number in range(5):
        opened(portal, subject=f"Дело {number}")
    first = desk.get("/tickets?limit=3").json()
    rest = desk.get(f"/tickets?limit=3&cursor={first['next']}").json()
    assert [row["subject"] for row in first["items"] + rest["items"]] == [f"Дело {n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next"] is None
    assert [row["subject"] for row in desk.get("/tickets?q=дело 3").json()["items"]] == ["Дело 3"]
    assert len(desk.get("/tickets?q=maria@example.org").json()["items"]) == 5
    assert len(desk.get(f"/tickets?q={first['items'][0]['number']}").json()["items"]) == 1
    assert desk.get("/tickets?cursor=nonsense").status_code == 422


def test_reading_moves_the_mark_forward_only(desk: Page, portal: Page) -> None:
    number = opened(portal)["number"]
    entries = desk.get(f"/tickets/{number}").json()["entries"]
    assert desk.get("/tickets").json()["items"][0]["unread"] is True
    for _ in range(2):
        assert desk.post(f"/tickets/{number}/read", {"entry_id": entries[0]["id"]}).status_code == 204
    assert desk.get("/tickets").json()["items"][0]["unread"] is False
    portal.post(f"/tickets/{number}/replies", {"text": "ещё"})
    assert desk.get("/tickets").json()["items"][0]["unread"] is True
    assert desk.post(f"/tickets/{number}/presence", {"state": "viewing"}).status_code == 204


def test_people_promises_and_participants_over_the_api(desk: Page, portal: Page, maria: Person) -> None:
    number = opened(portal)["number"]
    added = desk.post("/people", {"name": "Пётр Второй", "handle": {"kind": "email", "value": "petr@example.org"}})
    assert added.status_code == 201
    assert (
        desk.post("/people", {"name": "П", "handle": {"kind": "email", "value": "petr@example.org"}}).status_code == 409
    )
    petr = added.json()["id"]
    page = desk.post(f"/tickets/{number}/participants", {"person_id": petr}).json()
    assert page["ticket"]["participants"] == [{"person_id": petr, "name": "Пётр Второй", "role": "participant"}]
    assert desk.delete(f"/tickets/{number}/participants/{petr}").json()["ticket"]["participants"] == []
    made = desk.post(f"/tickets/{number}/promises", {"text": "Позвоним до 18:00"})
    assert (made.status_code, made.json()["made_by_name"]) == (201, "Анна Смирнова")
    assert desk.patch(f"/promises/{made.json()['id']}", {"state": "kept"}).json()["state"] == "kept"
    assert [row["name"] for row in desk.get("/people?q=петр@").json()["items"]] == []
    assert [row["name"] for row in desk.get("/people?q=petr@").json()["items"]] == ["Пётр Второй"]
    merge = desk.post(f"/people/{petr}/merge", {"into": maria.id}).json()
    card = desk.get(f"/people/{maria.id}").json()
    assert ([one["loser_name"] for one in card["merges"]], len(card["handles"])) == (["Пётр Второй"], 2)
    assert desk.post(f"/person-merges/{merge['merge_id']}/undo").json() == {"person_id": petr}
    handle = desk.get(f"/people/{petr}").json()["handles"][0]["id"]
    assert desk.delete(f"/handles/{handle}").json()["handles"] == []
