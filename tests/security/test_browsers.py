"""What another site may make a browser do, and what a stolen or forged credential is worth."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.callers import PASSWORD, Page, make_agent, make_person, open_session_of, page_of, program_of
from uzel.store.models import Account, ApiToken, Person, Session


def change(secret: str, **headers: str) -> Any:
    client = Client(SERVER_NAME="localhost", headers=headers)
    client.cookies["uzel_session"] = secret
    return client.patch("/api/v1/me", {"language": "en"}, content_type="application/json")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Uzel-Client": ""},
        {"X-Uzel-Client": "web", "Origin": "https://evil.example"},
        {"X-Uzel-Client": "web", "Origin": "null"},
        {"X-Uzel-Client": "web", "Origin": "http://localhost.evil.example"},
        {"X-Uzel-Client": "web", "Origin": "ftp://localhost"},
        {"X-Uzel-Client": "web", "Sec-Fetch-Site": "cross-site"},
        {"X-Uzel-Client": "web", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_call_that_a_foreign_page_could_have_caused_changes_nothing(headers: dict[str, str]) -> None:
    person = make_person()
    assert change(open_session_of(person), **headers).status_code == 403
    person.refresh_from_db()
    assert person.language == "ru"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_own_pages_may(headers: dict[str, str]) -> None:
    assert change(open_session_of(make_person()), **{"X-Uzel-Client": "web"} | headers).status_code == 200


def test_a_foreign_page_can_not_sign_its_visitor_in_as_somebody() -> None:
    make_person(login="attacker")
    body = {"login": "attacker", "password": PASSWORD}
    assert Client().post("/api/v1/session", body, content_type="application/json").status_code == 403


def test_a_bad_token_is_not_replaced_by_the_cookie_beside_it() -> None:
    page = page_of(make_person())
    assert page.get("/me", Authorization="Bearer uzl_wrong").status_code == 401
    assert page.get("/me", Authorization="Bearer ").status_code == 401


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - dt.timedelta(1)}])
def test_a_session_that_ended_opens_nothing(change: dict[str, Any]) -> None:
    page = page_of(make_person())
    Session.objects.update(**change)
    assert page.get("/me").status_code == 401


def test_who_left_is_kept_out_at_once() -> None:
    agent = make_agent(login="petr")
    page = page_of(agent.person)
    program = program_of(agent.person, "read")
    Account.objects.update(is_active=False)
    assert (page.get("/me").status_code, program.get("/me").status_code) == (401, 401)
    refused = Page().post("/session", {"login": "petr", "password": PASSWORD}, key=None)
    assert refused.status_code == 401


def test_a_former_agent_is_only_a_requester() -> None:
    agent = make_agent(role="administrator")
    page = page_of(agent.person)
    type(agent).objects.update(is_active=False)
    assert page.get("/me").json()["role"] == "requester"
    assert page.get("/audit").status_code == 403


def test_the_session_of_a_person_merged_into_another_does_not_become_theirs() -> None:
    winner, loser = make_person("Мария"), make_person("Мария И.")
    page = page_of(loser)
    Person.objects.filter(id=loser.id).update(merged_into=winner)
    assert page.get("/me").status_code == 401


def test_an_account_without_a_password_lets_nobody_in() -> None:
    make_person(login="maria")
    Account.objects.update(password="")
    for password in ("", " ", "!", PASSWORD):
        assert Page().post("/session", {"login": "maria", "password": password}, key=None).status_code in (401, 422)


@pytest.mark.parametrize("secret", ["", "x" * 5000, "\x00", "'; DROP TABLE session; --", "ÿ"])
def test_a_forged_credential_opens_nothing_and_breaks_nothing(secret: str) -> None:
    make_person()
    page = Page()
    page.client.cookies["uzel_session"] = secret
    assert page.get("/me").status_code == 401
    assert Page().get("/me", Authorization=f"Bearer {secret}").status_code == 401


def test_secrets_are_stored_as_hashes_only() -> None:
    person = make_person()
    secret = open_session_of(person)
    made = page_of(person).post("/tokens", {"name": "x", "scopes": ["read"]}).json()["secret"]
    assert secret.encode() not in bytes(Session.objects.first().token_hash)
    assert len(bytes(ApiToken.objects.get().token_hash)) == 32
    assert made.encode() not in bytes(ApiToken.objects.get().token_hash)


def test_the_log_holds_routes_but_neither_paths_nor_secrets(caplog: pytest.LogCaptureFixture) -> None:
    page = page_of(make_person())
    page.get("/me?token=in-the-query")
    page.client.post("/api/v1/hooks/1/in-the-path", b"{}", content_type="application/json")
    page.get("/no/such/in-the-path")
    said = " ".join(str(record.__dict__) for record in caplog.records)
    assert "api/v1/me" in said
    for secret in ("in-the-query", "in-the-path", page.client.cookies["uzel_session"].value):
        assert secret not in said


def test_headers_of_a_proxy_are_believed_only_from_a_proxy() -> None:
    person = make_person(login="maria")
    Page(**{"X-Forwarded-For": "6.6.6.6"}).post("/session", {"login": "maria", "password": PASSWORD}, key=None)
    assert Session.objects.get(person=person).ip == "127.0.0.1"
