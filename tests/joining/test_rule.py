"""Single points of the rule that a situation's verdict alone would not show."""

import datetime as dt

import pytest
from msgspec.structs import replace

from tests.joining.situations import NOW
from uzel.domain.joining import Contact, Decision, JoinPolicy, OpenTicket, Proof, Verdict, decide
from uzel.domain.joining_types import DEFAULT_POINTS, Asked
from uzel.domain.statuses import Status


def ticket(number: int = 1, *, ago: dt.timedelta = dt.timedelta(hours=1), **facts: object) -> OpenTicket:
    known: dict[str, object] = {
        "id": number,
        "number": f"U-{number}",
        "subject": "Не печатает принтер",
        "text": "Принтер Kyocera в 305 не печатает",
        "requester": 1,
        "status": Status.OPEN,
        "last_contact_at": NOW - ago,
        "last_entry_at": NOW - ago,
    }
    return OpenTicket(**{**known, **facts})  # type: ignore[arg-type]  # a test's shorthand; wrong names still fail


def contact(**facts: object) -> Contact:
    return Contact(**{"sender": 1, "proof": Proof.PROVEN, **facts})  # type: ignore[arg-type]  # as above


def points(got: Decision) -> dict[str, int]:
    return {reason.code: reason.points for reason in got.reasons}


@pytest.mark.parametrize(
    ("ago", "code"),
    [
        (dt.timedelta(hours=2), "recent_2h"),
        (dt.timedelta(hours=2, seconds=1), "recent_24h"),
        (dt.timedelta(hours=24), "recent_24h"),
        (dt.timedelta(hours=72), "recent_72h"),
        (dt.timedelta(hours=73), None),
    ],
)
def test_time_since_the_last_contact_gives_the_points_of_rule_1(ago: dt.timedelta, code: str | None) -> None:
    got = points(decide(contact(text="принтер"), [ticket(ago=ago)], JoinPolicy(), NOW))

    assert {name for name in got if name.startswith("recent")} == ({code} if code else set())
    assert (DEFAULT_POINTS["recent_2h"], DEFAULT_POINTS["recent_24h"], DEFAULT_POINTS["recent_72h"]) == (25, 15, 8)


def test_the_thresholds_of_the_channel_decide() -> None:
    same, message = [ticket()], contact(text="Принтер Kyocera в 305 не печатает")

    assert decide(message, same, JoinPolicy(), NOW).verdict is Verdict.JOIN
    assert decide(message, same, JoinPolicy(join_from=90), NOW).verdict is Verdict.ASK
    assert decide(message, same, JoinPolicy(join_from=95, ask_from=90), NOW).verdict is Verdict.NEW


def test_shared_equipment_counts_as_the_same_service() -> None:
    named = contact(text="опять шумит", assets=frozenset({"inv-77"}))

    assert "same_service" in points(decide(named, [ticket(assets=frozenset({"inv-77"}))], JoinPolicy(), NOW))
    assert "same_service" not in points(decide(named, [ticket(assets=frozenset({"inv-78"}))], JoinPolicy(), NOW))


def test_a_message_that_travelled_long_is_judged_by_when_it_was_written() -> None:
    old = ticket(ago=dt.timedelta(hours=30))
    late = contact(text="принтер", sent_at=NOW - dt.timedelta(hours=29))
    forged = contact(text="принтер", sent_at=NOW + dt.timedelta(days=3))

    assert "recent_2h" in points(decide(late, [old], JoinPolicy(), NOW))
    assert "recent_72h" in points(decide(forged, [old], JoinPolicy(), NOW))


def test_thanks_for_a_solved_ticket_do_not_reopen_it_but_a_complaint_does() -> None:
    solved = ticket(status=Status.RESOLVED, resolved_at=NOW - dt.timedelta(hours=1))

    assert not decide(contact(text="Спасибо!", token_ticket=1), [solved], JoinPolicy(), NOW).reopens
    assert decide(contact(text="Спасибо, но не печатает", token_ticket=1), [solved], JoinPolicy(), NOW).reopens
    assert decide(contact(text="снова не печатает", reply_tickets=(1,)), [solved], JoinPolicy(), NOW).reopens


def test_a_token_carried_by_a_stranger_joins_and_says_so() -> None:
    got = decide(contact(sender=None, proof=Proof.CLAIMED, token_ticket=1), [ticket()], JoinPolicy(), NOW)

    assert (got.verdict, got.ticket) == (Verdict.JOIN, 1)
    assert "token_stranger" in points(got)


def test_a_chat_in_which_somebody_else_speaks_does_not_join_them_to_its_ticket() -> None:
    theirs, own = ticket(1, requester=2), ticket(2, subject="Ремонт ноутбука", text="экран разбит, ноутбук в ремонте")
    got = decide(
        contact(sender=1, text="что с моим ноутбуком? ремонт ещё идёт?", thread_ticket=1),
        [theirs, own],
        JoinPolicy(),
        NOW,
    )

    assert got.ticket == 2


def test_a_stranger_with_a_message_id_makes_an_agent_choose_among_all_that_fits() -> None:
    own = ticket(2, requester=5)
    message = contact(sender=5, text="Принтер Kyocera в 305 не печатает", reply_tickets=(1,))
    got = decide(message, [ticket(1), own], JoinPolicy(), NOW)

    assert (got.verdict, got.asked) == (Verdict.ASK, Asked.AGENT)
    assert [(choice.ticket, choice.sender_may_see) for choice in got.alternatives] == [(1, False), (2, True)]


def test_a_caller_who_dials_the_owner_of_an_older_ticket_is_asked() -> None:
    fresh, older = ticket(1, owner=10), ticket(2, owner=20, ago=dt.timedelta(days=4))

    assert decide(contact(is_call=True, callee=10), [fresh, older], JoinPolicy(), NOW).verdict is Verdict.JOIN
    got = decide(contact(is_call=True, callee=20), [fresh, older], JoinPolicy(), NOW)
    assert (got.verdict, got.ticket) == (Verdict.ASK, 1)
    assert [choice.ticket for choice in got.alternatives] == [1, 2]


def test_ask_offers_the_five_best_at_most() -> None:
    many = [ticket(number) for number in range(1, 9)]
    got = decide(contact(text="Принтер Kyocera в 305 не печатает"), many, JoinPolicy(), NOW)

    assert got.verdict is Verdict.ASK
    assert len(got.alternatives) == 5


def test_a_done_ticket_without_its_own_date_counts_from_its_last_entry() -> None:
    closed = ticket(status=Status.CLOSED, ago=dt.timedelta(days=30))

    assert closed.done_at == NOW - dt.timedelta(days=30)
    assert decide(contact(text="принтер", token_ticket=1), [closed], JoinPolicy(), NOW).follows == 1
    assert replace(closed, status=Status.RESOLVED).done_at == NOW - dt.timedelta(days=30)


def test_a_hint_at_a_ticket_that_is_not_among_the_candidates_is_ignored() -> None:
    assert (
        decide(contact(token_ticket=9, reply_tickets=(8,), text="принтер"), [], JoinPolicy(), NOW).verdict
        is Verdict.NEW
    )
