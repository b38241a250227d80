"""What must hold for any contact and any candidates."""

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.joining.situations import NOW
from uzel.domain.joining import Contact, JoinPolicy, OpenTicket, Proof, Verdict, decide
from uzel.domain.joining_types import Asked, total
from uzel.domain.reasons import codes
from uzel.domain.statuses import LIVE, Status, within_reopening

PHRASES = (
    "не работает принтер HP M404", "VPN ошибка 691", "спасибо, всё работает", "есть новости?", "U-3", "другой вопрос:",
    "still not working", "заказ 770154", "Доброе утро, Иван!", "srv-app03", "", "??", "1С не запускается", "U-1 опять",
)  # fmt: skip
texts = st.lists(st.sampled_from(PHRASES), max_size=4).map(" ".join) | st.text(max_size=60)
people = st.integers(1, 4)
moments = st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))


@st.composite
def tickets(draw: st.DrawFn) -> list[OpenTicket]:
    return [
        OpenTicket(
            id=number,
            number=f"U-{number}",
            subject=draw(texts),
            text=draw(texts),
            requester=draw(people),
            participants=draw(st.frozensets(people, max_size=2)),
            status=draw(st.sampled_from(Status)),
            last_contact_at=draw(moments),
            last_entry_at=draw(moments),
            owner=draw(st.none() | st.integers(1, 2)),
            service=draw(st.none() | st.integers(1, 2)),
            resolved_at=draw(st.none() | moments),
            closed_at=draw(st.none() | moments),
        )
        for number in range(1, draw(st.integers(0, 5)) + 1)
    ]


contacts = st.builds(
    Contact,
    sender=st.none() | people,
    proof=st.sampled_from(Proof),
    subject=texts,
    text=texts,
    sent_at=st.none() | moments,
    is_call=st.booleans(),
    is_reply_subject=st.booleans(),
    automatic=st.booleans(),
    shared=st.booleans(),
    service=st.none() | st.integers(1, 2),
    token_ticket=st.none() | st.integers(1, 6),
    reply_tickets=st.lists(st.integers(1, 6), max_size=2).map(tuple),
    thread_ticket=st.none() | st.integers(1, 6),
    callee=st.none() | st.integers(1, 2),
)
POLICY = JoinPolicy()


@given(contacts, tickets())
@settings(max_examples=400, deadline=None)
def test_nobody_is_joined_to_a_ticket_they_may_not_touch_without_a_verified_token(
    contact: Contact, candidates: list[OpenTicket]
) -> None:
    got = decide(contact, candidates, POLICY, NOW)

    if got.verdict is Verdict.JOIN and got.ticket != contact.token_ticket:
        joined = next(ticket for ticket in candidates if ticket.id == got.ticket)
        assert joined.may_be_touched_by(contact.sender)
    if got.asked is Asked.SENDER:
        offered = {choice.ticket for choice in got.alternatives}
        assert all(t.may_be_touched_by(contact.sender) for t in candidates if t.id in offered)
        assert contact.proof > Proof.CLAIMED


@given(contacts, tickets(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_candidates_and_a_second_run_change_nothing(
    contact: Contact, candidates: list[OpenTicket], chance: random.Random
) -> None:
    shuffled = list(candidates)
    chance.shuffle(shuffled)

    assert decide(contact, candidates, POLICY, NOW) == decide(contact, shuffled, POLICY, NOW)


@given(contacts, tickets())
@settings(max_examples=300, deadline=None)
def test_the_score_is_the_sum_of_the_reasons_kept_within_0_and_100(
    contact: Contact, candidates: list[OpenTicket]
) -> None:
    got = decide(contact, candidates, POLICY, NOW)

    assert 0 <= got.score <= 100
    assert got.score == total(got.reasons)
    assert all(choice.score == total(choice.reasons) for choice in got.alternatives)
    assert {reason.code for reason in got.reasons} <= codes()
    assert got.reasons


@given(contacts, tickets())
@settings(max_examples=200, deadline=None)
def test_an_empty_text_is_never_joined_by_likeness(contact: Contact, candidates: list[OpenTicket]) -> None:
    got = decide(replace(contact, subject="", text=""), candidates, POLICY, NOW)

    assert not {"similar", "continues", "thanks", "same_subject"} & {reason.code for reason in got.reasons}


@given(contacts, tickets())
@settings(max_examples=200, deadline=None)
def test_automatic_mail_opens_and_reopens_nothing(contact: Contact, candidates: list[OpenTicket]) -> None:
    got = decide(replace(contact, automatic=True), candidates, POLICY, NOW)

    assert got.verdict in {Verdict.JOIN, Verdict.HOLD}
    assert not got.reopens
    if got.verdict is Verdict.JOIN:
        assert got.ticket in {contact.token_ticket, *contact.reply_tickets}


@given(contacts, tickets())
@settings(max_examples=200, deadline=None)
def test_an_unproven_sender_without_token_or_chat_is_never_joined(
    contact: Contact, candidates: list[OpenTicket]
) -> None:
    unproven = replace(contact, proof=Proof.CLAIMED, token_ticket=None, thread_ticket=None)

    assert decide(unproven, candidates, POLICY, NOW).verdict is not Verdict.JOIN


@given(contacts, tickets())
@settings(max_examples=200, deadline=None)
def test_what_was_done_beyond_the_window_is_followed_and_never_joined(
    contact: Contact, candidates: list[OpenTicket]
) -> None:
    got = decide(replace(contact, automatic=False), candidates, POLICY, NOW)

    if got.verdict is Verdict.JOIN:
        joined = next(ticket for ticket in candidates if ticket.id == got.ticket)
        assert within_reopening(joined.done_at, NOW)
        assert got.reopens <= (joined.status not in LIVE)
