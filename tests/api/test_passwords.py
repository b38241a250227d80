"""Who changes a password proves that it is theirs to change, and whoever else was signed in with it is out."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.api.test_mailed_links import ask, give, open_link
from tests.callers import PASSWORD, Page, make_agent, make_person, page_of, program_of
from uzel.store.models import Account, ApiToken, AuditRecord, Handle, Session
from uzel.store.models.people import Proof

NEW = "another good password"


def change(page: Page, current: str = PASSWORD, new: str = NEW) -> Any:
    return page.post("/me/password", {"current": current, "new": new})


def can_sign_in(login: str, password: str) -> bool:
    return bool(Page().post("/session", {"login": login, "password": password}, key=None).status_code == 200)


def by_link(address: str = "maria@example.org") -> Page:
    """The page of a person without password who has just opened their mailed link."""
    give(make_person(), address, Proof.PROVEN)
    return open_link(ask(address))[0]


def test_the_new_password_counts_and_all_other_sessions_end() -> None:
    person = make_person(login="maria")
    here, lost = page_of(person), page_of(person)
    assert here.get("/me").json()["has_password"] is True

    assert change(here).status_code == 204

    assert (here.get("/me").status_code, lost.get("/me").status_code) == (200, 401)
    assert can_sign_in("maria", NEW)
    assert not can_sign_in("maria", PASSWORD)
    assert Account.objects.get().password.startswith("argon2")
    said = AuditRecord.objects.get(action="password.changed")
    assert (said.person_id, said.after) == (person.id, {"login": "maria", "sessions_ended": 1})


def test_a_wrong_current_password_is_refused_and_says_what_to_do() -> None:
    page = page_of(make_person(login="maria"))
    refused = change(page, current="not this one")
    assert refused.status_code == 403
    assert "administrator" in refused.json()["detail"]
    assert "администратору" in refused.json()["detail_ru"]
    assert can_sign_in("maria", PASSWORD)
    assert not AuditRecord.objects.filter(action__startswith="password").exists()


def test_guesses_at_the_current_password_and_at_the_sign_in_are_counted_together() -> None:
    page = page_of(make_person(login="maria"))
    for _ in range(9):
        assert change(page, current="guess guess").status_code == 403
    assert not can_sign_in("maria", "guess guess")
    stopped = change(page)
    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 900


@pytest.mark.parametrize("new", ["short", "maria.long@example.org", "MARIA.long@example.org", PASSWORD])
def test_a_password_is_long_new_and_not_the_login(new: str) -> None:
    page = page_of(make_person(login="maria.long@example.org"))
    refused = change(page, new=new)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["new"])
    assert can_sign_in("maria.long@example.org", PASSWORD)


def test_a_call_repeated_for_want_of_an_answer_succeeds_and_changes_nothing_more() -> None:
    person = make_person(login="maria")
    page = page_of(person)
    assert change(page).status_code == 204
    later = page_of(person)
    assert change(page).status_code == 204
    assert later.get("/me").status_code == 200
    assert AuditRecord.objects.filter(action="password.changed").count() == 1


def test_a_token_changes_no_password() -> None:
    assert change(program_of(make_person(login="maria"), "read", "write")).status_code == 403


def test_whoever_has_just_opened_a_mailed_link_chooses_a_first_password_and_the_address_is_the_login() -> None:
    page = by_link("Maria@Example.org")
    assert page.get("/me").json()["has_password"] is False
    assert change(page, current="").status_code == 204
    assert page.get("/me").json()["has_password"] is True
    assert can_sign_in("maria@example.org", NEW)
    assert AuditRecord.objects.filter(action="password.set").count() == 1


def test_an_account_made_without_password_gets_its_first_one_the_same_way() -> None:
    page = by_link()
    Account.objects.create(person_id=page.get("/me").json()["person_id"], login="m.ivanova")
    assert change(page, current="").status_code == 204
    assert can_sign_in("m.ivanova", NEW)


def test_a_mailed_link_does_not_replace_a_password_that_stands() -> None:
    make_person(login="maria")
    page, _ = open_link(ask("maria@example.org"))
    assert change(page, current="").status_code == 403
    assert can_sign_in("maria", PASSWORD)


def test_a_browser_left_open_gives_nobody_a_first_password() -> None:
    page = by_link()
    Session.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))
    assert change(page, current="").status_code == 403
    assert not Account.objects.exists()


def test_an_address_that_went_to_somebody_else_gives_no_first_password() -> None:
    page = by_link()
    Handle.objects.update(valid_until=timezone.now())
    assert change(page, current="").status_code == 403


def test_a_login_that_is_somebody_elses_is_not_taken_over() -> None:
    page = by_link()
    Account.objects.create(person=make_person("Олег"), login="maria@example.org", password="!")
    assert change(page, current="").status_code == 409
    assert Account.objects.get().person.name == "Олег"


def test_an_administrator_signs_somebody_out_everywhere() -> None:
    person = make_person(login="maria")
    page, program = page_of(person), program_of(person, "read")
    boss = page_of(make_agent("Админ", role="administrator").person)

    assert boss.post(f"/people/{person.id}/sign-out").json() == {"sessions": 1, "tokens": 1}

    assert (page.get("/me").status_code, program.get("/me").status_code) == (401, 401)
    assert boss.get("/me").status_code == 200
    assert AuditRecord.objects.get(action="person.signed_out").after == {"sessions": 1, "tokens": 1}
    assert boss.post("/people/999999/sign-out").status_code == 404


def test_an_administrator_sees_and_revokes_somebodys_token_and_a_lead_does_not() -> None:
    person = make_person()
    program = program_of(person, "read")
    token = ApiToken.objects.get()
    lead, boss = (page_of(make_agent(role, role=role).person) for role in ("lead", "administrator"))
    assert lead.get(f"/tokens?person_id={person.id}").status_code == 403
    assert lead.post(f"/people/{person.id}/sign-out").status_code == 403
    assert lead.delete(f"/tokens/{token.id}").status_code == 404
    assert program.get("/me").status_code == 200
    assert [row["id"] for row in boss.get(f"/tokens?person_id={person.id}").json()["items"]] == [token.id]
    assert boss.delete(f"/tokens/{token.id}").status_code == 204
    assert program.get("/me").status_code == 401
    assert AuditRecord.objects.filter(action="token.revoked", object_id=str(token.id)).exists()
