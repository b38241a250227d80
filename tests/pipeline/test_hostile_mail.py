"""Mails made to break intake: each is taken in or put aside, and never holds up its neighbours."""

import random
import string

import pytest

from tests.pipeline.conftest import Bring, make_mail
from uzel.channelkit.contract import RawDelivery
from uzel.pipeline.intake import take_in_batch
from uzel.store.deliveries import store_delivery
from uzel.store.models import Channel, Delivery, Entry, Person, Ticket

_dice = random.Random(7)


def noise(length: int) -> str:
    """Letters that no compression shortens."""
    return "".join(_dice.choices(string.ascii_letters + string.digits, k=length))


def raw_mail(*lines: bytes, body: bytes = "Не открывается 1С".encode()) -> bytes:
    return b"\r\n".join([*lines, b"", body, b""])


PLAIN = (b"From: Ivan <ivan@nord.example>", b"To: support@desk.example", b"Subject: 1C")

HOSTILE = {
    "a message id longer than an index takes": raw_mail(*PLAIN, f"Message-ID: {noise(9000)}@x".encode()),
    "a message id of long letters": raw_mail(
        *PLAIN, "Message-ID: <{}@x>".format("".join(_dice.choices("ЖЩЮЯФЫВАПРОЛ漢字語文言葉", k=900))).encode()
    ),
    "references longer than an index takes": raw_mail(*PLAIN, f"In-Reply-To: {noise(9000)}@x".encode()),
    "ten thousand references": raw_mail(
        *PLAIN, b"References: " + b"\r\n ".join(b"<r%d@x>" % number for number in range(10_000))
    ),
    "a subject of a megabyte": raw_mail(*PLAIN[:2], b"Subject: " + b"a" * 900_000),
    "a name of one endless word": raw_mail(f'From: "{noise(7000)} {noise(7000)}" <i@nord.example>'.encode(), PLAIN[2]),
    "NUL in the message id": raw_mail(*PLAIN, b"Message-ID: <a\0b@x>", b"In-Reply-To: <c\0d@x>"),
    "NUL in every head": raw_mail(
        b"From: Iv\0an <iv\0an@nord.example>", b"To: a\0b@desk.example", b"Subject: a\0b", b"Cc: \0@x"
    ),
    "NUL in the text": raw_mail(*PLAIN, body=b"a\0b"),
    "NUL in a file name": raw_mail(
        *PLAIN,
        b'Content-Type: application/x; name="a\0b.txt"',
        b'Content-Disposition: attachment; filename="../a\0b.txt"',
        b"Content-ID: <x\0y@z>",
    ),
    "lone surrogates": raw_mail(
        *PLAIN[:2],
        b"Subject: =?utf-8?B?7aCA7bCA?= \xed\xa0\x80",
        b"Content-Type: text/plain; charset=utf-16",
        body=b"\x00\xd8",
    ),
    "surrogates by UTF-7": raw_mail(
        *PLAIN[:2], b"Subject: =?utf-7?Q?+2AA-?=", b"Content-Type: text/plain; charset=utf-7", body=b"+2AA- a +AAA- b"
    ),
    "a year before years": raw_mail(*PLAIN, b"Date: Mon, 01 Jan 0001 00:00:00 +1400"),
    "a year after years": raw_mail(*PLAIN, b"Date: Fri, 31 Dec 9999 23:59:59 -1200"),
    "a zone that is none": raw_mail(*PLAIN, b"Date: Fri, 31 Dec 2025 23:59:59 +9999"),
    "no sender": raw_mail(b"To: support@desk.example", b"Subject: 1C"),
    "a sender that is no address": raw_mail(b"From: undisclosed", b"Subject: 1C"),
    "a name that turns around": raw_mail("From: \u202egro.knab\u202c <x@nord.example>".encode(), PLAIN[2]),
    "half letters in the message id": raw_mail(*PLAIN, b"Message-ID: <\xed\xa0\x80\xff\xfe@x>"),
    "an endless id in foreign letters": raw_mail(*PLAIN, "Message-ID: <{}@x>".format("漢" * 900).encode()),
    "nothing at all": b"",
    "a head of NULs": b"\0" * 5000,
    "a forwarded mail from year one": raw_mail(
        *PLAIN,
        body=b"---------- Forwarded message ----------\r\nFrom: A <a\0@b.example>\r\n"
        b"Date: Mon, 01 Jan 0001 00:00:00 +1400\r\nSubject: x\r\nTo: b@b.example\r\n\r\nhello",
    ),
    "a report about nobody": raw_mail(
        b"From: MAILER-DAEMON@x",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body=b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; a\0b@x\r\nAction: failed\r\nStatus: 5.1.1\0\r\n\r\n--b--",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_becomes_an_entry_and_leaves_its_neighbours_alone(name: str, mailbox: Channel) -> None:
    store_delivery(mailbox.id, RawDelivery(external_id="hostile", body=HOSTILE[name]))
    store_delivery(mailbox.id, RawDelivery(external_id="neighbour", body=make_mail(sender="anna@nord.example")))
    while take_in_batch(50):
        pass

    states = dict(Delivery.objects.values_list("external_id", "state"))
    error = Delivery.objects.get(external_id="hostile").error
    assert states == {"hostile": "done", "neighbour": "done"}, error
    assert Entry.objects.filter(direction="in", person__handles__value="anna@nord.example").count() == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_can_be_stored_and_is_known_again(name: str, mailbox: Channel) -> None:
    from uzel.channels.email.identity import delivery_key

    raw = RawDelivery(external_id=delivery_key(HOSTILE[name]), body=HOSTILE[name], headers={"rcpt": "a@b"})
    assert [store_delivery(mailbox.id, raw) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("clock", [b"X-No: date", b"Date: Thu, 01 Jan 1970 00:00:00 +0000", b"Date: yesterday"])
def test_a_device_without_a_clock_that_reuses_its_id_loses_no_page(clock: bytes, mailbox: Channel) -> None:
    from uzel.channels.email.identity import delivery_key

    for page in (b"page one", b"page two", b"page one"):
        raw = raw_mail(*PLAIN, b"Message-ID: <scan@device>", clock, body=page)
        store_delivery(mailbox.id, RawDelivery(external_id=delivery_key(raw), body=raw))
        while take_in_batch(50):
            pass

    assert list(Entry.objects.filter(direction="in").order_by("id").values_list("text", flat=True)) == [
        "page one",
        "page two",
    ]


def test_a_batch_of_mails_to_thousands_is_taken_in(mailbox: Channel) -> None:
    for number in range(50):
        others = ", ".join(f"p{number}x{other}@nord.example" for other in range(500)).encode()
        raw = raw_mail(b"From: s%d@nord.example" % number, b"To: " + others, b"Cc: " + others.replace(b"p", b"q"))
        store_delivery(mailbox.id, RawDelivery(external_id=f"many {number}", body=raw))
    while take_in_batch(50):
        pass

    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def test_what_is_shown_in_lists_is_short_however_long_it_was_written(bring: Bring) -> None:
    bring(HOSTILE["a subject of a megabyte"])
    bring(HOSTILE["a name of one endless word"])

    assert all(len(ticket.subject) <= 500 for ticket in Ticket.objects.all())
    assert all(len(person.name) <= 200 for person in Person.objects.all())
