"""Signing in and out, and what a page is told of its person."""

from tests.callers import PASSWORD, Page, make_agent, make_person, page_of
from uzel.store.models import Session, Team, TeamMember


def test_a_page_signs_in_learns_who_it_is_and_signs_out() -> None:
    agent = make_agent("Пётр Сидоров", login="petr")
    team = Team.objects.create(name_ru="Связь", name_en="Network")
    TeamMember.objects.create(team=team, agent=agent)
    page = Page()

    me = page.post("/session", {"login": " Petr ", "password": PASSWORD}, key=None)

    assert me.status_code == 200
    assert me.json()["name"] == "Пётр Сидоров"
    assert me.json()["teams"] == [{"id": team.id, "name_ru": "Связь", "name_en": "Network"}]
    assert me.json()["handles"][0]["proof"] == "proven"
    assert "Пётр" in me.content.decode(), "Cyrillic travels as it is"
    cookie = me.cookies["uzel_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert page.get("/me").json() == me.json()
    assert page.delete("/session").status_code == 204
    assert page.get("/me").status_code == 401
    assert Session.objects.get().revoked_at is not None


def test_a_wrong_password_and_an_unknown_login_look_alike() -> None:
    make_person(login="maria")
    answers = [
        Page().post("/session", {"login": login, "password": "wrong"}, key=None) for login in ("maria", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_guessing_a_password_is_stopped_and_says_for_how_long() -> None:
    make_person(login="maria")
    for _ in range(10):
        assert Page().post("/session", {"login": "maria", "password": "guess"}, key=None).status_code == 401

    stopped = Page().post("/session", {"login": "maria", "password": PASSWORD}, key=None)

    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 900


def test_a_session_is_ended_from_another_device() -> None:
    person = make_person()
    here, lost = page_of(person), page_of(person)
    listed = here.get("/sessions").json()["items"]
    other = next(item["id"] for item in listed if not item["current"])

    assert here.delete(f"/sessions/{other}").status_code == 204

    assert lost.get("/me").status_code == 401
    assert here.get("/me").status_code == 200


def test_nobody_ends_the_session_of_somebody_else() -> None:
    mine, foreign = page_of(make_person()), page_of(make_person("Олег"))
    theirs = foreign.get("/sessions").json()["items"][0]["id"]
    assert mine.delete(f"/sessions/{theirs}").status_code == 404
    assert foreign.get("/me").status_code == 200


def test_a_person_changes_only_what_is_their_own_to_change() -> None:
    page = page_of(make_person())
    assert page.patch("/me", {"language": "en", "quiet_from": "20:00"}).json()["language"] == "en"
    refused = page.patch("/me", {"sees_organization": True, "name": "Root"})
    assert refused.status_code == 422
    assert refused.json()["fields"] == {"sees_organization": "Extra inputs are not permitted"}
    assert page.get("/me").json()["sees_organization"] is False
    assert page.get("/me").json()["name"] == "Мария Иванова"
