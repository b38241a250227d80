"""What brings a mail to its ticket, and what must not."""

import pytest

from uzel.channelkit.contract import Account, RawDelivery
from uzel.channelkit.events import Automatic, DispatchReported, DispatchState, HintKind, MessageReceived
from uzel.channels.email.identity import own_message_id
from uzel.channels.email.parse import parse
from uzel.kernel.tokens import TICKET, sign

SECRET = b"test secret"
ACCOUNT = Account(id=1, kind="email", name="Help", settings={}, secret=SECRET)
TOKEN = sign(SECRET, TICKET, "4711")


def _message(raw: str, **headers: str) -> MessageReceived:
    (event,) = parse(RawDelivery(external_id="x", body=raw.encode(), headers=headers), ACCOUNT)
    assert isinstance(event, MessageReceived)
    return event


def _tokens(event: MessageReceived) -> list[str]:
    return [hint.value for hint in event.hints if hint.kind is HintKind.TOKEN]


@pytest.mark.parametrize(
    "raw",
    [
        f"From: a@example.com\nTo: help+{TOKEN}@example.org\nSubject: x\n\ntext",
        f"From: a@example.com\nTo: help+{TOKEN.upper()}@example.org\nSubject: x\n\ntext",
        f"From: a@example.com\nDelivered-To: help+{TOKEN}@example.org\nSubject: x\n\ntext",
        f"From: a@example.com\nReply-To: help+{TOKEN}@example.org\nSubject: x\n\ntext",
        f"From: a@example.com\nSubject: Re: printer [{TOKEN}]\n\ntext",
        f"From: a@example.com\nSubject: x\n\ntext\n\n> Ref: {TOKEN}\n",
    ],
)
def test_signed_token_names_its_ticket(raw: str) -> None:
    assert _tokens(_message(raw)) == ["4711"]


def test_token_of_the_envelope_counts() -> None:
    event = _message("From: a@example.com\nSubject: x\n\ntext", rcpt_to=f"help+{TOKEN}@example.org")

    assert _tokens(event) == ["4711"]


@pytest.mark.parametrize(
    "forged",
    [
        sign(b"another secret", TICKET, "4711"),
        sign(SECRET, "invite", "4711"),
        TOKEN[:-1] + "a",
        "4711",
        "ticket4711" * 3,
    ],
)
def test_token_that_we_did_not_sign_for_tickets_names_none(forged: str) -> None:
    assert _tokens(_message(f"From: a@example.com\nTo: help+{forged}@example.org\nSubject: [#4711]\n\n{forged}")) == []


def test_answered_ids_come_newest_first_and_are_at_most_fifty() -> None:
    references = " ".join(f"<{n}@x>" for n in range(80))

    event = _message(f"From: a@example.com\nIn-Reply-To: <79@x>\nReferences: {references}\nSubject: x\n\ntext")

    assert [hint.value for hint in event.hints] == [f"{n}@x" for n in range(79, 29, -1)]
    assert {hint.kind for hint in event.hints} == {HintKind.REPLY}


def test_own_mail_that_comes_back_is_a_loop() -> None:
    own = own_message_id(SECRET, "key-1", "example.org")

    assert _message(f"From: help@example.org\nMessage-ID: <{own}>\n\nx").automatic is Automatic.LOOP
    forged = own.replace("key-1", "key-2")
    assert _message(f"From: help@example.org\nMessage-ID: <{forged}>\n\nx").automatic is Automatic.NONE


def test_person_who_forwards_a_bounce_is_no_bounce() -> None:
    event = _message(
        "From: Ann <ann@example.com>\nMessage-ID: <1@x>\nSubject: Fwd: Undelivered Mail Returned to Sender\n\n"
        "Why do I get this?\n\n---------- Forwarded message ---------\nFrom: MAILER-DAEMON@mx.example.net\n"
        "Date: Mon, Apr 1, 2024 at 9:15 AM\nSubject: Undelivered Mail Returned to Sender\nTo: ann@example.com\n\n"
        "<nobody@example.net>: 550 5.1.1 User unknown\n"
    )

    assert event.automatic is Automatic.NONE
    assert event.text == "Why do I get this?"


def test_bounce_without_the_original_is_reported_and_kept() -> None:
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nMessage-ID: <1@x>\nSubject: failure notice\n\n"
        "I was not able to deliver your message.\n\n<nobody@example.net>:\n550 5.1.1 User unknown\n"
    )

    report, message = parse(RawDelivery(external_id="x", body=raw.encode()), ACCOUNT)

    assert isinstance(report, DispatchReported)
    assert (report.recipient, report.state, report.permanent) == ("nobody@example.net", DispatchState.FAILED, True)
    assert isinstance(message, MessageReceived)
    assert message.automatic is Automatic.BOUNCE
