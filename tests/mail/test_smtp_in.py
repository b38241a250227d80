"""Mail handed over by a mail server: stored before it is acknowledged, ours only, by SMTP and LMTP."""

import contextlib
import os
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.mail.connecting import connecting
from tests.mail.mails import ADDRESS, mail, make_channel, numbers
from tests.mail.ports import answers, eventually, free_port
from uzel.channelkit.contract import RawDelivery
from uzel.channelkit.events import MessageReceived
from uzel.channels import email
from uzel.store.blobs import blobs
from uzel.store.channels import account
from uzel.store.models import Channel, Delivery

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Where SMTP and LMTP are served."""
    smtp, lmtp = free_port(), free_port()
    monkeypatch.setenv("UZEL_SMTP_PORT", str(smtp))
    monkeypatch.setenv("UZEL_LMTP_PORT", str(lmtp))
    return smtp, lmtp


@pytest.fixture
def channel() -> Channel:
    return make_channel(aliases="sales@example.test, @shop.test")


@pytest.fixture
def door(ports: tuple[int, int], channel: Channel) -> Iterator[int]:
    with connecting():
        eventually(lambda: answers(ports[0]) and answers(ports[1]))
        yield ports[0]


@contextlib.contextmanager
def session(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
        smtp.ehlo("mx.client.test")
        yield smtp


@contextlib.contextmanager
def no_database() -> Iterator[None]:
    """Every connection is cut and none is let in. Whoever asks for one is told so after a second."""
    options = connection.settings_dict["OPTIONS"]["pool"]
    patience, options["timeout"] = options["timeout"], 1
    renew_pool()
    name = os.environ["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
    with psycopg.connect(os.environ["UZEL_TEST_SUPERUSER"], autocommit=True) as superuser:
        superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            superuser.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            options["timeout"] = patience
            renew_pool()


def renew_pool() -> None:
    connection.close()
    connection.close_pool()


def test_an_accepted_mail_stands_in_the_database_before_it_is_accepted(door: int, channel: Channel) -> None:
    with session(door) as smtp:
        smtp.mail("ivan@example.test")
        smtp.rcpt(ADDRESS)
        assert smtp.data(mail("1")) == (250, b"2.0.0 Stored")
        assert numbers(channel) == ["1"]


def test_a_mail_is_refused_for_now_while_the_database_is_away_and_taken_once_afterwards(
    door: int, channel: Channel
) -> None:
    with session(door) as smtp:
        smtp.mail("ivan@example.test")
        smtp.rcpt(ADDRESS)
        with no_database():
            code, _ = smtp.data(mail("1"))
            assert code == 451
    with session(door) as smtp:
        eventually(lambda: smtp.sendmail("ivan@example.test", [ADDRESS], mail("1")) == {})
        smtp.sendmail("ivan@example.test", [ADDRESS], mail("1"))
    assert numbers(channel) == ["1"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (ADDRESS, 250),
        ("HELP@Example.TEST", 250),
        ("help+mzxw6ytboi@example.test", 250),
        ("sales@example.test", 250),
        ("anything@shop.test", 250),
        ("stranger@example.test", 550),
        ("help@elsewhere.test", 550),
        ("help%elsewhere.test@example.test", 550),
    ],
)
def test_only_our_own_addresses_are_taken(door: int, address: str, code: int) -> None:
    with session(door) as smtp:
        smtp.mail("ivan@example.test")
        assert smtp.rcpt(address)[0] == code


def test_a_bounce_comes_with_an_empty_sender(door: int, channel: Channel) -> None:
    with session(door) as smtp:
        smtp.sendmail("", [ADDRESS], mail("bounce", headers="Auto-Submitted: auto-replied\r\n"))
    delivery = Delivery.objects.get(channel=channel)
    assert delivery.headers["mail_from"] == ""
    assert bytes(delivery.body).startswith(b"Return-Path: <>\r\nDelivered-To: help@example.test\r\n")


def test_a_mail_of_fifty_megabytes_with_one_endless_line_is_taken(door: int, channel: Channel) -> None:
    body = mail("large") + b"x" * 8_000_000 + b"\r\n" + (b"0123456789abcdef" * 4 + b"\r\n") * 640_000
    with session(door) as smtp:
        smtp.sendmail("ivan@example.test", [ADDRESS], body)
    assert Delivery.objects.get(channel=channel).size > 49_000_000


def test_what_is_too_large_is_refused_before_it_is_sent(door: int) -> None:
    with session(door) as smtp:
        assert smtp.mail("ivan@example.test", ["SIZE=200000000"])[0] == 552


def test_the_same_mail_by_two_ways_is_one_delivery(door: int, channel: Channel, ports: tuple[int, int]) -> None:
    relayed = b"Received: from mx1 by mx2; Sat, 21 Nov 2026 10:00:01 +0300\r\n" + mail("1")
    with session(door) as smtp:
        smtp.sendmail("ivan@example.test", [ADDRESS], mail("1"))
        smtp.sendmail("ivan@example.test", [ADDRESS, "sales@example.test"], relayed)
    with smtplib.LMTP("127.0.0.1", ports[1]) as lmtp:
        lmtp.sendmail("ivan@example.test", [ADDRESS], mail("1"))
    assert numbers(channel) == ["1"]


def test_two_mails_that_a_device_gave_one_message_id_are_both_kept(door: int, channel: Channel) -> None:
    first = mail("1").replace(b"mail-1@", b"constant@")
    second = mail("2").replace(b"mail-2@", b"constant@")
    with session(door) as smtp:
        for raw in (first, second):
            smtp.sendmail("scanner@example.test", [ADDRESS], raw)
    assert numbers(channel) == ["1", "2"]


def test_lmtp_answers_once_for_each_recipient(door: int, channel: Channel, ports: tuple[int, int]) -> None:
    with smtplib.LMTP("127.0.0.1", ports[1], timeout=30) as lmtp:
        lmtp.ehlo()
        lmtp.mail("ivan@example.test")
        for address in (ADDRESS, "sales@example.test"):
            assert lmtp.rcpt(address)[0] == 250
        assert lmtp.data(mail("1"))[0] == 250
        assert lmtp.getreply()[0] == 250
        assert lmtp.noop()[0] == 250


def test_a_mail_that_is_cut_off_in_the_middle_is_not_stored(door: int, channel: Channel) -> None:
    smtp = smtplib.SMTP("127.0.0.1", door, timeout=30)
    smtp.ehlo()
    smtp.mail("ivan@example.test")
    smtp.rcpt(ADDRESS)
    smtp.docmd("DATA")
    smtp.send(mail("half"))
    smtp.close()
    with session(door) as next_one:
        next_one.sendmail("ivan@example.test", [ADDRESS], mail("whole"))
    assert numbers(channel) == ["whole"]


def test_mail_comes_encrypted_where_a_certificate_is_configured(
    channel: Channel,
    ports: tuple[int, int],
    certificates: tuple[str, tuple[bytes, bytes]],
    certificate_files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UZEL_SMTP_CERTIFICATE", str(certificate_files[0]))
    monkeypatch.setenv("UZEL_SMTP_KEY", str(certificate_files[1]))
    with connecting():
        eventually(lambda: answers(ports[0]))
        with session(ports[0]) as smtp:
            smtp.starttls(context=ssl.create_default_context(cadata=certificates[0]))
            smtp.sendmail("ivan@example.test", [ADDRESS], mail("1"))
    assert numbers(channel) == ["1"]


def test_one_peer_can_not_take_all_connections(door: int) -> None:
    with contextlib.ExitStack() as stack:
        codes = []
        for _ in range(30):
            smtp = stack.enter_context(contextlib.closing(smtplib.SMTP(timeout=30)))
            with contextlib.suppress(smtplib.SMTPServerDisconnected):
                codes.append(smtp.connect("127.0.0.1", door)[0])
        assert codes.count(220) == 25
        assert set(codes) == {220, 421}
    eventually(lambda: _greeted(door))


def test_our_own_mail_that_comes_back_is_known_as_a_loop(door: int, channel: Channel) -> None:
    ours = email.provider_id("d1", account(channel.id))
    with session(door) as smtp:
        smtp.sendmail("help@example.test", [ADDRESS], mail("1").replace(b"mail-1@client.test", ours.encode()))
        smtp.sendmail("help@example.test", [ADDRESS], mail("2").replace(b"mail-2@client.test", b"uzel.d1.aaaa@x.test"))
    kinds = []
    for delivery in Delivery.objects.filter(channel=channel).order_by("id"):
        body = bytes(delivery.body) if delivery.body is not None else blobs().read(delivery.blob_id)
        raw = RawDelivery(external_id=delivery.external_id, body=body, headers=delivery.headers)
        (event,) = email.parse(raw, account(channel.id))
        assert isinstance(event, MessageReceived)
        kinds.append(event.automatic.value)
    assert kinds == ["loop", "none"]


def _greeted(port: int) -> bool:
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=5).close()
    except smtplib.SMTPException:
        return False
    return True
