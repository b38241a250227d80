"""Nobody can keep everybody else from being served."""

import pytest

from tests.callers import Page, make_person, page_of
from uzel.api.pace import Pace
from uzel.kernel.errors import TooMany


def test_a_burst_passes_and_then_the_pace_is_kept() -> None:
    now = 0.0
    pace = Pace(per_minute=60, burst=3, clock=lambda: now)
    for _ in range(3):
        pace.check("a")
    with pytest.raises(TooMany) as told:
        pace.check("a")
    assert told.value.retry_after == 1
    pace.check("b")
    now = 1.0
    pace.check("a")
    with pytest.raises(TooMany):
        pace.check("a")


def test_whoever_calls_too_fast_is_told_when_to_come_back() -> None:
    page, other = page_of(make_person()), page_of(make_person("Олег"))
    answers = [page.get("/me") for _ in range(130)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert slowed
    assert int(slowed[0]["Retry-After"]) >= 1
    assert slowed[0].json()["retry_after"] >= 1
    assert other.get("/me").status_code == 200


def test_strangers_are_counted_by_their_address() -> None:
    assert {Page().get("/me").status_code for _ in range(130)} == {401, 429}
