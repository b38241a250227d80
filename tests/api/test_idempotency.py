"""A call sent twice takes effect once, and the second answer is the first."""

import threading
import uuid
from typing import Any

import pytest
from django.db import connection, transaction

from tests.callers import Page, make_person, page_of
from tests.chains import make_ticket
from uzel.store import idempotency
from uzel.store.models import ApiToken, IdempotencyRecord, Person

BODY = {"name": "Олег"}


@pytest.fixture
def person() -> Person:
    return make_person()


@pytest.fixture
def page(person: Person) -> Page:
    return page_of(person)


def change(page: Page, key: str | None, **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return page.client.patch("/api/v1/me", body or BODY, content_type="application/json", headers=headers)


def test_the_stored_answer_comes_back_with_its_headers_and_says_so(page: Page, person: Person) -> None:
    first = change(page, "k1")
    person.name = "Meanwhile"
    person.save()

    again = change(page, "k1")

    assert again["Idempotency-Replayed"] == "true"
    assert not first.has_header("Idempotency-Replayed")
    assert (again.status_code, again.content, again["Content-Type"]) == (200, first.content, "application/json")
    person.refresh_from_db()
    assert person.name == "Meanwhile", "the effect did not happen again"


def test_the_same_key_for_another_request_is_a_conflict(page: Page) -> None:
    change(page, "k1")
    assert change(page, "k1", name="Игорь").json()["code"] == "idempotency-key-reused"


def test_a_refusal_is_not_kept_so_that_it_can_be_corrected(page: Page) -> None:
    assert change(page, "k1", name="").status_code == 422
    assert not IdempotencyRecord.objects.exists()
    assert change(page, "k1").status_code == 200


def test_a_post_without_a_key_is_refused_and_does_nothing(page: Page) -> None:
    refused = page.post("/tokens", {"name": "x", "scopes": ["read"]}, key=None)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency-key-missing")
    assert not ApiToken.objects.exists()


def test_a_key_belongs_to_its_person(page: Page) -> None:
    change(page, "k1")
    assert change(page_of(make_person("Ева")), "k1", name="Ева 2").status_code == 200


@pytest.mark.parametrize("key", ["k" * 129, "k\x7f"])
def test_a_key_that_can_not_be_one_is_refused(page: Page, key: str) -> None:
    assert change(page, key).status_code == 422


def test_a_call_whose_first_sending_still_runs_is_told_to_wait(page: Page, person: Person) -> None:
    key, running, done = str(uuid.uuid4()), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            idempotency.reserve(person.id, key)
            running.set()
            done.wait(20)
        connection.close()

    first = threading.Thread(target=hold)
    first.start()
    try:
        assert running.wait(20)
        told = change(page, key)
        assert (told.status_code, told.json()["code"], told["Retry-After"]) == (409, "in-flight", "1")
    finally:
        done.set()
        first.join()
    assert change(page, key).status_code == 200


def test_ten_sendings_at_once_make_one_effect(person: Person) -> None:
    key = str(uuid.uuid4())
    secret_page = page_of(person)
    cookie = secret_page.client.cookies["uzel_session"].value
    answers: list[int] = []

    def send() -> None:
        answers.append(Page(cookie).post("/tokens", {"name": "x", "scopes": ["read"]}, key=key).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ApiToken.objects.count() == 1
    assert answers.count(201) == 1
    assert set(answers) <= {201, 409}


def test_answers_are_forgotten_after_a_week(page: Page) -> None:
    change(page, "old")
    IdempotencyRecord.objects.update(created_at="2020-01-01T00:00:00Z")
    change(page, "new")
    assert idempotency.forget_old_answers() == 1
    assert IdempotencyRecord.objects.get().key == "new"


def test_saying_that_one_looks_needs_no_key_and_keeps_no_record() -> None:
    person = make_person()
    number = make_ticket(person).id
    for key in (None, "k1", "k1"):
        said = page_of(person).post(f"/tickets/{number}/presence", {"state": "viewing"}, key=key)
        assert said.status_code == 204
    assert not IdempotencyRecord.objects.exists()
