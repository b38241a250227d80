"""Programs' keys act within their scopes and end when told to."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.callers import Page, make_agent, make_person, page_of, program_of
from uzel.store.models import ApiToken, AuditRecord, IdempotencyRecord


def bearer(secret: str) -> Page:
    return Page(Authorization=f"Bearer {secret}")


def test_a_token_is_shown_once_works_within_its_scopes_and_is_revoked() -> None:
    page = page_of(make_person())
    made = page.post("/tokens", {"name": "backup", "scopes": ["read"]}, key="k1")
    secret = made.json()["secret"]

    assert made.status_code == 201
    assert secret.startswith("uzl_")
    assert "secret" not in page.get("/tokens").json()["items"][0]
    assert bearer(secret).get("/me").status_code == 200
    assert bearer(secret).patch("/me", {"language": "en"}).status_code == 403
    again = page.post("/tokens", {"name": "backup", "scopes": ["read"]}, key="k1")
    assert again.status_code == 409
    assert secret.encode() not in bytes(IdempotencyRecord.objects.get().body)
    assert page.delete(f"/tokens/{made.json()['id']}").status_code == 204
    assert bearer(secret).get("/me").status_code == 401
    assert list(AuditRecord.objects.values_list("action", flat=True).order_by("id")) == ["token.made", "token.revoked"]


def test_an_expired_token_is_worth_nothing() -> None:
    expired = program_of(make_person(), "read", expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert expired.get("/me").status_code == 401


def test_a_requester_makes_no_token_for_administration_or_intake() -> None:
    page = page_of(make_person())
    for scope in ("admin", "intake"):
        assert page.post("/tokens", {"name": "x", "scopes": [scope]}).status_code == 403


def test_a_token_makes_no_tokens() -> None:
    program = program_of(make_agent(role="administrator").person, "read", "write", "admin")
    assert program.post("/tokens", {"name": "x", "scopes": ["read"]}).status_code == 403


def test_an_administrators_token_without_admin_is_an_ordinary_agent() -> None:
    administrator = make_agent(role="administrator").person
    assert program_of(administrator, "read", "write").get("/me").json()["role"] == "agent"
    assert program_of(administrator, "read").get("/audit").status_code == 403
    assert program_of(administrator, "read", "admin").get("/audit").status_code == 200


@pytest.mark.parametrize("role", ["agent", "lead"])
def test_the_audit_log_is_for_administrators(role: str) -> None:
    assert page_of(make_agent(role=role).person).get("/audit").status_code == 403


def test_the_audit_log_is_paged_and_names_who_from_where() -> None:
    page = page_of(make_agent("Админ", role="administrator").person)
    for n in range(3):
        page.post("/tokens", {"name": str(n), "scopes": ["read"]})
    first = page.get("/audit?limit=2").json()
    rest = page.get(f"/audit?limit=2&cursor={first['next']}").json()
    assert [item["after"]["name"] for item in first["items"] + rest["items"]] == ["2", "1", "0"]
    assert rest["next"] is None
    assert first["items"][0]["person_name"] == "Админ"
    assert first["items"][0]["ip"] == "127.0.0.1"
    token = ApiToken.objects.order_by("id")[0].id
    assert len(page.get(f"/audit?object=token:{token}").json()["items"]) == 1
