"""Whatever comes through the wire is somebody's mail."""

import base64
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from uzel.channelkit.contract import Account, RawDelivery
from uzel.channelkit.events import MessageReceived
from uzel.channels.email.cli import as_dict, parse_any
from uzel.channels.email.files import MAX_FILE
from uzel.channels.email.mail import parse_mail
from uzel.channels.email.parse import parse

ACCOUNT = Account(id=1, kind="email", name="Help", settings={}, secret=b"test secret")
PAYLOADS = [path.read_bytes() for path in sorted((Path(__file__).parent / "payloads").glob("*.eml"))]

_LINES = """From:|To:|Subject:|Date:|Message-ID:|References:|Content-Type:|MIME-Version: 1.0||--x|--x--|=?utf-8?B?|"|<
Content-Transfer-Encoding: base64|Content-Type: multipart/mixed; boundary=x|Content-Type: message/rfc822|Return-Path: <>
Content-Type: multipart/report; report-type=delivery-status; boundary=x|Content-Type: message/delivery-status
Final-Recipient: rfc822;a@b.c|filename*0*=utf-8''%|> |On 1 Jan 2024 10:00 a@b.c wrote:|From: mailer-daemon@x"""
_HEADERS = st.sampled_from([line.encode() for line in _LINES.replace("\n", "|").split("|")])
_MAILS = st.lists(st.one_of(_HEADERS, st.binary(max_size=40)), max_size=60).map(b"\r\n".join)


def _delivery(raw: bytes) -> RawDelivery:
    return RawDelivery(external_id="x", body=raw)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=2000), _MAILS))
def test_any_bytes_give_at_least_one_event(raw: bytes) -> None:
    assert parse(_delivery(raw), ACCOUNT)
    assert as_dict(parse_any(raw)).keys() == as_dict(parse_mail(b"")).keys()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PAYLOADS), st.data())
def test_damaged_mail_is_still_read(raw: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 200)))
    damaged = raw[:start] + data.draw(st.binary(max_size=60)) + raw[end:]

    assert parse(_delivery(damaged), ACCOUNT)


def test_file_over_the_limit_keeps_all_but_its_content() -> None:
    content = base64.b64encode(b"\0" * (MAX_FILE + 57))
    head = b"From: ivan@example.com\nMessage-ID: <1@x>\nContent-Type: multipart/mixed; boundary=BB\n\n"
    text = b"--BB\nContent-Type: text/plain\n\nsee file\n"
    file = b"--BB\nContent-Type: application/zip; name=logs.zip\nContent-Transfer-Encoding: base64\n\n"

    (event,) = parse(_delivery(head + text + file + content + b"\n--BB--\n"), ACCOUNT)

    assert isinstance(event, MessageReceived)
    assert event.text == "see file"
    assert (event.files[0].name, event.files[0].content) == ("logs.zip", None)
    assert abs(event.files[0].size - MAX_FILE) < 1000
    assert "50" in event.files[0].problem


def test_empty_mail_is_known_by_its_source() -> None:
    (event,) = parse(_delivery(b""), ACCOUNT)

    assert event.external_id.startswith("sha256:")


def test_mail_without_id_is_the_same_by_any_line_end() -> None:
    raw = b"From: ivan@example.com\nSubject: Scan\n\nText\n"

    one, two = (parse(_delivery(form), ACCOUNT)[0] for form in (raw, raw.replace(b"\n", b"\r\n")))

    assert one.external_id == two.external_id
