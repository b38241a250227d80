"""What goes wrong is said as a problem, in both languages, with what to do next."""

import pytest

from tests.callers import Page, make_person, page_of


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/me", 401, "unauthenticated"),
        ("GET", "/no-such-thing", 404, "not-found"),
        ("PUT", "/me", 405, "method"),
    ],
)
def test_a_refusal_is_a_problem_in_both_languages(method: str, path: str, status: int, code: str) -> None:
    answer = Page().send(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["type"] == f"https://uzel.invalid/problems/{code}"
    assert problem["detail"].isascii()
    assert not problem["detail_ru"].isascii()


def test_the_title_speaks_the_callers_language() -> None:
    assert Page().get("/me", **{"Accept-Language": "ru,en;q=0.5"}).json()["title"] == "Сначала войдите"
    assert Page().get("/me", **{"Accept-Language": "en"}).json()["title"] == "Sign in first"


@pytest.mark.parametrize("body", ["{", "\ud83d", '{"login": NaN}', "[]", '"text"', "null", ""])
def test_a_body_that_is_no_object_is_refused_by_name(body: str) -> None:
    answer = Page().client.post(
        "/api/v1/session", data=body.encode("utf-8", "surrogatepass"), content_type="application/json"
    )
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_our_own_mistake_is_told_by_a_number_that_stands_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 at line 7")

    monkeypatch.setattr("uzel.api.me.find_me", break_down)
    answer = page_of(make_person()).get("/me")

    assert answer.status_code == 500
    assert "hunter2" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert answer.json()["incident"] in str([record.__dict__ for record in caplog.records])


def test_text_that_can_not_be_stored_is_refused_not_a_crash() -> None:
    page = page_of(make_person())
    assert page.patch("/me", {"name": "a\0b"}).status_code == 422
    assert page.patch("/me", b'{"name": "\\ud800"}').status_code in (400, 422)


def test_every_answer_carries_the_headers_that_keep_browsers_strict() -> None:
    answer = Page().get("/me")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert len(answer["X-Request-Id"]) == 16


def test_a_request_that_is_too_large_is_refused_before_it_is_read() -> None:
    answer = page_of(make_person()).patch("/me", {"name": "a" * 3_000_000})
    assert answer.status_code == 413
