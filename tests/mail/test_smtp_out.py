"""What became of a mail is known exactly, wherever the line breaks."""

import datetime as dt
import email as mime
import email.policy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail.ports import free_port
from tests.mail.scripted import CUT, ScriptedSmtp, scripted_smtp
from uzel.channelkit.contract import Account, Outcome, Outgoing, OutgoingFile, SendResult
from uzel.channels import email
from uzel.channels.email.compose import compose
from uzel.channels.email.settings import read_settings
from uzel.kernel.tokens import TICKET, sign, verify

SECRET = b"s" * 32


def account(port: int, **more: Any) -> Account:
    settings = {"address": "help@example.test", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    return Account(id=1, kind="email", name="Поддержка", settings=settings | {"username": "-"} | more, secret=SECRET)


def outgoing(**more: Any) -> Outgoing:
    values: dict[str, Any] = {"client_key": "d7", "to": "ivan@example.test", "subject": "Re: Принтер [U-1]"}
    return Outgoing(**values | {"text": "Исправили.\n.\n..\nПроверьте."} | more)


def send(server: ScriptedSmtp, **more: Any) -> SendResult:
    return email.send(outgoing(**more), account(server.port))


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with scripted_smtp() as running:
        yield running


def read(server: ScriptedSmtp) -> mime.message.EmailMessage:
    (received,) = server.taken
    assert not server.problems
    message = mime.message_from_bytes(received.source, policy=mime.policy.default)
    assert isinstance(message, mime.message.EmailMessage)
    return message


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ({}, Outcome.ACCEPTED),
        ({"quit": CUT}, Outcome.ACCEPTED),
        ({"greeting": CUT}, Outcome.RETRY),
        ({"greeting": "421 busy"}, Outcome.RETRY),
        ({"greeting": "554 go away"}, Outcome.RETRY),
        ({"ehlo": CUT}, Outcome.RETRY),
        ({"mail": CUT}, Outcome.RETRY),
        ({"mail": "451 later"}, Outcome.RETRY),
        ({"mail": "530 sign in first"}, Outcome.RETRY),
        ({"mail": "550 no such sender"}, Outcome.REFUSED),
        ({"rcpt": CUT}, Outcome.RETRY),
        ({"rcpt": "450 greylisted"}, Outcome.RETRY),
        ({"rcpt": "550 5.1.1 unknown user"}, Outcome.REFUSED),
        ({"data": CUT}, Outcome.RETRY),
        ({"data": "452 disk full"}, Outcome.RETRY),
        ({"data": "554 no"}, Outcome.REFUSED),
        ({"dot": "451 4.7.1 scanner down"}, Outcome.RETRY),
        ({"dot": "550 5.7.1 spam"}, Outcome.REFUSED),
        ({"dot": CUT}, Outcome.UNSURE),
    ],
    ids=str,
)
def test_the_outcome_says_whether_it_was_taken(script: dict[str, str], outcome: Outcome) -> None:
    with scripted_smtp(script) as server:
        result = send(server)
        assert result.outcome is outcome
        assert bool(server.taken) is (outcome is Outcome.ACCEPTED)
        assert (result.reason_en and result.reason_ru) or outcome is Outcome.ACCEPTED
        if outcome is Outcome.RETRY:
            assert not server.taken, "what may have been taken is never sent again"


def test_a_line_cut_in_the_content_is_never_taken_for_a_refusal() -> None:
    with scripted_smtp({"content": CUT}) as server:
        result = send(server, text="слово " * 500_000)
        assert result.outcome is Outcome.RETRY
        assert not server.handed


def test_a_closed_port_is_tried_again_and_told_in_plain_words() -> None:
    result = email.send(outgoing(), account(free_port()))
    assert result.outcome is Outcome.RETRY
    assert "порт закрыт" in result.reason_ru


def test_a_reply_reaches_the_senders_thread_and_comes_back_to_the_ticket(server: ScriptedSmtp) -> None:
    token = sign(SECRET, TICKET, "10482")
    long_id = f"{'a' * 90}@mail.example.test"
    result = send(
        server, reply_token=token, in_reply_to="q2@w.test", references=(long_id, "q2@w.test"), author_name="Пётр"
    )
    message = read(server)
    assert message["Message-ID"] == f"<{result.provider_id}>"
    assert message["In-Reply-To"] == "<q2@w.test>"
    assert message["References"].split() == [f"<{long_id}>", "<q2@w.test>"]
    back = message["Reply-To"].addresses[0].addr_spec
    assert verify(SECRET, TICKET, back.partition("+")[2].partition("@")[0].upper()) == "10482"
    assert message["From"].addresses[0].display_name == "Пётр · Поддержка"
    assert message.get_body(("plain",)).get_content().split() == ["Исправили.", ".", "..", "Проверьте."]  # type: ignore[union-attr]
    assert message["Auto-Submitted"] is None


def test_an_automatic_answer_is_marked_so_that_robots_leave_it_alone(server: ScriptedSmtp) -> None:
    send(server, automatic=True, in_reply_to="q@w.test")
    message = read(server)
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


def test_html_and_files_come_along_with_their_names(server: ScriptedSmtp) -> None:
    files = (
        OutgoingFile("акт сверки.pdf", "application/pdf", 4, lambda: b"%PDF"),
        OutgoingFile("odd", "not a type", 1, lambda: b"\0"),
        OutgoingFile("mail.eml", "message/rfc822", 4, lambda: b"A: b"),
    )
    send(server, html="<p>Исправили.</p>", files=files)
    message = read(server)
    assert message.get_body(("html",)).get_content().strip() == "<p>Исправили.</p>"  # type: ignore[union-attr]
    attached = [
        (part.get_filename(), part.get_content_type(), part.get_content()) for part in message.iter_attachments()
    ]
    assert attached == [
        ("акт сверки.pdf", "application/pdf", b"%PDF"),
        ("odd", "application/octet-stream", b"\0"),
        ("mail.eml", "application/octet-stream", b"A: b"),
    ]


def test_a_file_that_is_gone_is_told_and_nothing_is_sent(server: ScriptedSmtp) -> None:
    def gone() -> bytes:
        raise FileNotFoundError("no such blob")

    result = send(server, files=(OutgoingFile("акт.pdf", "application/pdf", 4, gone),))
    assert result.outcome is Outcome.REFUSED
    assert "акт.pdf" in result.reason_ru
    assert not server.handed


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: all@example.test", "x\nX-Evil: 1\n\nbody", "x\x0b\x85\u2028Bcc: y@z", "\r\n\r\n"]
)
def test_no_header_can_be_written_through_a_field(server: ScriptedSmtp, evil: str) -> None:
    send(server, subject=evil, to_name=evil, author_name=evil, in_reply_to=f"{evil}@x", references=(evil, f"{evil}@x"))
    message = read(server)
    allowed = {
        "Message-ID",
        "From",
        "To",
        "Subject",
        "Date",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert set(message.keys()) <= allowed
    assert message.get_content().startswith("Исправили.")


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@settings(max_examples=150, deadline=None)
@given(subject=WORDS, name=WORDS, author=WORDS, text=WORDS, file=WORDS)
def test_whatever_people_type_becomes_one_readable_mail(
    subject: str, name: str, author: str, text: str, file: str
) -> None:
    message = outgoing(
        subject=subject,
        to_name=name,
        author_name=author,
        text=text,
        files=(OutgoingFile(file, "text/plain", 1, lambda: b"x"),),
    )
    channel = account(1)
    mail = compose(message, channel, read_settings(channel), now=dt.datetime.now(dt.UTC))
    read = mime.message_from_bytes(mail.source, policy=mime.policy.default)
    assert set(read.keys()) <= {"Message-ID", "From", "To", "Subject", "Date", "MIME-Version", "Content-Type"}
    assert [address.addr_spec for address in read["To"].addresses] == ["ivan@example.test"]
    assert all(len(line) <= 998 for line in mail.source.split(b"\r\n"))
    assert b"\n" not in mail.source.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "to", ["", "ivan", "ivan@", "a b@example.test", "ivan@example.test\r\nRCPT TO:<x@y>", "<i@e.test>", "a@b@"]
)
def test_what_is_no_address_is_refused_before_anything_is_said(server: ScriptedSmtp, to: str) -> None:
    result = send(server, to=to)
    assert result.outcome is Outcome.REFUSED
    assert "не адрес" in result.reason_ru
    assert not server.handed


def test_an_international_domain_goes_out_in_its_ascii_form(server: ScriptedSmtp) -> None:
    assert send(server, to="иван@пример.рф").outcome is Outcome.REFUSED  # this server takes no SMTPUTF8
    assert send(server, to="ivan@пример.рф").outcome is Outcome.ACCEPTED
    assert server.taken[0].recipient == "rcpt TO:<ivan@xn--e1afmkfd.xn--p1ai>"


def test_a_cyrillic_local_part_goes_out_by_smtputf8() -> None:
    with scripted_smtp(offers=("SMTPUTF8", "8BITMIME")) as server:
        assert send(server, to="иван@пример.рф").outcome is Outcome.ACCEPTED
        assert "иван@" in server.taken[0].recipient
        assert "SMTPUTF8" in server.taken[0].sender


def test_notices_are_asked_for_where_they_are_offered() -> None:
    with scripted_smtp(offers=("DSN", "SIZE 1000000")) as server:
        send(server, to="ivan+x@example.test")
        sender, recipient, source = server.taken[0]
        assert f"SIZE={len(source)}" in sender
        assert "RET=HDRS ENVID=d7" in sender
        assert recipient.endswith("NOTIFY=FAILURE,DELAY ORCPT=rfc822;ivan+2Bx@example.test")


def test_what_the_server_can_not_hold_is_refused_with_the_limit() -> None:
    with scripted_smtp(offers=("SIZE 1000",)) as server:
        result = send(server, text="много " * 1000)
        assert result.outcome is Outcome.REFUSED
        assert "1000" in result.reason_ru
        assert not server.handed


def test_a_wrong_password_waits_for_the_right_one_instead_of_failing() -> None:
    with scripted_smtp({"auth": "535 5.7.8 no"}, offers=("AUTH PLAIN",)) as server:
        result = email.send(outgoing(), account(server.port, username="help", password="пароль"))
        assert result.outcome is Outcome.RETRY
        assert "не принимает имя или пароль" in result.reason_ru
