"""Four times the mail may take some four times the work, whatever it is made of.

CPU time of this process alone, the best of three, with a wide margin: a quadratic step shows as sixteen.
"""

from time import process_time

import pytest

from uzel.channels.email.mail import parse_mail

HEAD = b"From: a@example.com\r\nMessage-ID: <1@x>\r\nReturn-Path: <>\r\n"
TEXT = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n"
DAEMON = b"From: mailer-daemon@example.com\r\nSubject: failure notice\r\n\r\ncould not be delivered\n"
SMALL, LARGE = 30_000, 120_000

HOSTILE = {
    "letters": (TEXT, b"a"),
    "blanks": (TEXT, b" "),
    "quote signs": (TEXT, b">"),
    "dashes": (TEXT, b"-"),
    "attributions that never end": (TEXT, b"On Mon, 1 Jan 2024 10:00 x\n"),
    "header labels": (TEXT, b"From: a@b.c\n"),
    "addresses": (TEXT, b"a@"),
    "status codes": (DAEMON, b"5.1.1 550 "),
    "failures": (DAEMON, b"<a@b.c>: 550 5.1.1 unknown\n"),
    "words of bounces": (DAEMON, b"mail was not delivery "),
    "open brackets": (HTML, b"<"),
    "open tags": (HTML, b"<a "),
    "open attributes": (HTML, b'<div class="'),
    "open comments": (HTML, b"<!--"),
    "nested blocks": (HTML, b"<div>"),
    "nested quotes": (HTML, b"<blockquote>"),
    "quote marks": (HTML, b"<div class=gmail_quote>x</div>"),
    "ends without beginning": (HTML, b"</span>"),
    "entities": (HTML, b"&amp"),
    "header lines": (b"", b"A: b\r\n"),
    "folded lines": (b"From: a\r\n", b" b\r\n"),
    "parameters": (b"Content-Type: text/plain", b'; a="b'),
    "recipients": (b"To: ", b'"a" <a@b.c>, '),
    "encoded words": (b"Subject: ", b"=?utf-8?q?=41?= "),
    "parts": (HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n", b"--x\r\n\r\n"),
    "mails in mails": (b"", b"Content-Type: message/rfc822\r\n\r\n"),
}


def _cost(raw: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        start = process_time()
        parse_mail(raw)
        best = min(best, process_time() - start)
    return best


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_with_the_size_and_no_faster(name: str) -> None:
    head, piece = HOSTILE[name]
    small, large = (head + piece * (size // len(piece)) for size in (SMALL, LARGE))

    assert _cost(large) < 10 * _cost(small) + 0.05
