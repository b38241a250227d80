import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.domain.statuses import (
    DONE,
    LIVE,
    Mover,
    Status,
    after_inbound,
    after_reply,
    can_move,
    is_open,
    may_confirm,
    may_move,
    within_reopening,
)

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
statuses = st.sampled_from(Status)


def test_every_status_is_either_live_or_done() -> None:
    assert set(Status) == LIVE | DONE
    assert not LIVE & DONE
    assert {status for status in Status if is_open(status)} == LIVE


@given(statuses)
def test_nothing_moves_to_new_or_to_itself(status: Status) -> None:
    assert not can_move(status, Status.NEW)
    assert not can_move(status, status)


def test_a_closed_ticket_can_only_be_opened() -> None:
    assert {after for after in Status if can_move(Status.CLOSED, after)} == {Status.OPEN}


@given(statuses, statuses, st.sampled_from(Mover))
def test_nobody_makes_a_move_that_the_machine_does_not_know(before: Status, after: Status, mover: Mover) -> None:
    assert may_move(before, after, mover) <= can_move(before, after)
    assert may_move(before, after, Mover.AGENT) == can_move(before, after)


@pytest.mark.parametrize(
    ("before", "after", "mover", "allowed"),
    [
        (Status.RESOLVED, Status.CLOSED, Mover.REQUESTER, True),
        (Status.OPEN, Status.CLOSED, Mover.REQUESTER, True),
        (Status.RESOLVED, Status.OPEN, Mover.REQUESTER, True),
        (Status.OPEN, Status.RESOLVED, Mover.REQUESTER, False),
        (Status.NEW, Status.OPEN, Mover.REQUESTER, False),
        (Status.RESOLVED, Status.CLOSED, Mover.SYSTEM, True),
        (Status.WAITING_USER, Status.CLOSED, Mover.SYSTEM, True),
        (Status.OPEN, Status.CLOSED, Mover.SYSTEM, False),
        (Status.CLOSED, Status.OPEN, Mover.SYSTEM, True),
        (Status.OPEN, Status.WAITING_USER, Mover.SYSTEM, False),
    ],
)
def test_who_may_make_which_move(before: Status, after: Status, mover: Mover, allowed: bool) -> None:
    assert may_move(before, after, mover) is allowed


@given(statuses, st.booleans(), st.booleans())
def test_an_inbound_message_only_makes_allowed_moves(status: Status, automatic: bool, thanks: bool) -> None:
    after = after_inbound(status, automatic=automatic, only_thanks=thanks)

    assert after is status or may_move(status, after, Mover.SYSTEM)
    assert not automatic or after is status


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.NEW, Status.NEW),
        (Status.OPEN, Status.OPEN),
        (Status.WAITING_USER, Status.OPEN),
        (Status.WAITING_OTHERS, Status.WAITING_OTHERS),
        (Status.RESOLVED, Status.OPEN),
        (Status.CLOSED, Status.OPEN),
    ],
)
def test_a_message_of_the_person_brings_the_ticket_back_to_us(before: Status, after: Status) -> None:
    assert after_inbound(before) is after


def test_thanks_leave_a_solved_ticket_solved_but_answer_a_question() -> None:
    assert after_inbound(Status.RESOLVED, only_thanks=True) is Status.RESOLVED
    assert after_inbound(Status.WAITING_USER, only_thanks=True) is Status.OPEN


@given(statuses, st.booleans(), st.booleans())
def test_a_reply_never_leaves_a_ticket_new(status: Status, asks: bool, resolves: bool) -> None:
    assert after_reply(status, asks=asks, resolves=resolves) is not Status.NEW


def test_what_a_reply_does() -> None:
    assert after_reply(Status.NEW, asks=False) is Status.OPEN
    assert after_reply(Status.OPEN, asks=True) is Status.WAITING_USER
    assert after_reply(Status.OPEN, asks=True, resolves=True) is Status.RESOLVED
    assert after_reply(Status.CLOSED, asks=False, resolves=True) is Status.CLOSED
    assert after_reply(Status.WAITING_OTHERS, asks=False) is Status.WAITING_OTHERS


def test_only_a_proven_party_confirms_and_only_what_is_resolved() -> None:
    facts = {"is_requester": False, "is_participant": True, "proven": True}

    assert may_confirm(status=Status.RESOLVED, **facts)
    assert not may_confirm(status=Status.OPEN, **facts)
    assert not may_confirm(status=Status.RESOLVED, **{**facts, "proven": False})
    assert not may_confirm(status=Status.RESOLVED, **{**facts, "is_participant": False})


def test_the_reopening_window_ends_at_its_length() -> None:
    window = dt.timedelta(days=14)

    assert within_reopening(None, NOW)
    assert within_reopening(NOW - window, NOW, window)
    assert not within_reopening(NOW - window - dt.timedelta(seconds=1), NOW, window)
