"""The web role as it runs: pages, health, an orderly end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.callers import make_agent, open_session_of
from tests.web.process import WebProcess


@pytest.fixture
def web(database_url: str) -> Iterator[WebProcess]:
    with WebProcess() as process:
        yield process


def test_health_says_alive_and_ready(web: WebProcess) -> None:
    assert web.get("/healthz").text == "ok\n"
    assert web.get("/readyz").status_code == 200


def test_the_front_door_leads_agents_to_their_desk_and_others_to_the_portal(web: WebProcess) -> None:
    secret = open_session_of(make_agent().person)
    assert web.get("/").headers["Location"] == "/portal/"
    assert web.get("/", cookies={"uzel_session": secret}).headers["Location"] == "/desk/"


def test_the_api_answers_over_http_with_the_callers_address_in_the_session_list(web: WebProcess) -> None:
    secret = open_session_of(make_agent("Пётр").person)
    me = web.get("/api/v1/me", cookies={"uzel_session": secret})
    assert me.json()["name"] == "Пётр"
    assert me.headers["X-Content-Type-Options"] == "nosniff"


def test_without_its_database_it_says_so_and_when_to_come_back(database_url: str) -> None:
    nowhere = "postgresql://uzel@127.0.0.1:9/uzel?connect_timeout=2"
    with WebProcess(until="/healthz", DATABASE_URL=nowhere) as web:
        assert web.get("/readyz").status_code == 503
        answer = web.get("/api/v1/me", cookies={"uzel_session": "x"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json()["code"] == "unavailable"
        assert "127.0.0.1" not in answer.text


def test_it_ends_in_order_when_told_to(web: WebProcess) -> None:
    assert web.stop() == 0


@pytest.mark.skipif(
    not (Path(__file__).parents[2] / "web/dist/desk/index.html").is_file(), reason="the pages are not built (make web)"
)
def test_every_path_of_a_face_is_its_page_and_assets_are_kept_forever(web: WebProcess) -> None:
    page = web.get("/desk/tickets/U-10001")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    built = next(Path(__file__).parents[2].glob("web/dist/desk/assets/index-*.js"))
    asset, is_packed = built.name, built.with_name(f"{built.name}.gz").is_file()
    script = web.get(f"/desk/assets/{asset}")
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers.get("Content-Encoding") == ("gzip" if is_packed else None)
    assert web.get("/desk/assets/no-such.js").status_code == 404
    assert web.get("/desk/assets/..%2f..%2f..%2fpackage.json").status_code == 404
