"""One mail, read: everything that the channel, the command line and the tests want to know of it."""

import datetime as dt
from collections.abc import Callable

import msgspec

from uzel.channelkit.events import Address, Automatic, File, Forwarded
from uzel.channels.email.automatic import kind_of
from uzel.channels.email.bodies import read_bodies
from uzel.channels.email.bounce import Bounce, find_bounce
from uzel.channels.email.forward import find_forwarded
from uzel.channels.email.headers import Headers, addresses, message_ids, sent_at
from uzel.channels.email.html import html_to_text
from uzel.channels.email.receipt import Receipt, find_receipt
from uzel.channels.email.reply import cut_reply, without_marks
from uzel.channels.email.source import Part, read_source

_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is all that was shown, ``reply_text`` what was written now, ``quoted_text`` the rest.

    ``delivered_to`` are addresses that servers noted on the way: a plus-address may stand only there. Ids are without
    angle brackets; ``references`` stand oldest first, as in the header. ``html`` is raw.
    """

    message_id: str = ""
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: dt.datetime | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    files: tuple[File, ...] = ()
    automatic: Automatic = Automatic.NONE
    bounce: Bounce | None = None
    receipt: Receipt | None = None
    forwarded: Forwarded | None = None
    evidence: str = ""
    warnings: tuple[str, ...] = ()


def parse_mail(raw: bytes, *, own_id: Callable[[str], bool] | None = None) -> Mail:
    """Read a mail, whatever its bytes. Pure; never raises.

    Args: own_id: tells whether a Message-ID is one of ours.
    """
    root, warnings = read_source(raw)
    headers = root.headers
    subject = headers.text("subject")
    senders, date = addresses(headers.all("from")), sent_at(headers.raw("date"))
    bounce = find_bounce(root, headers.text("from"), subject) if headers else None
    receipt = find_receipt(root) if bounce is None else None
    bodies = read_bodies(root)
    shown = bodies.text()
    reply = cut_reply(shown)
    attached = _attached(bodies.attached) if bounce is None else None
    return Mail(
        message_id=next(iter(message_ids(headers.raw("message-id"))), ""),
        sender=senders[0] if senders else next(iter(addresses(headers.all("sender"))), None),
        reply_to=addresses(headers.all("reply-to")),
        to=addresses(headers.all("to")),
        cc=addresses(headers.all("cc")),
        delivered_to=_delivered_to(headers),
        subject=subject,
        date=date,
        in_reply_to=message_ids(headers.raw("in-reply-to")),
        references=message_ids(headers.raw("references")),
        text=without_marks(shown).strip("\n"),
        html=bodies.markup(),
        reply_text=reply.text,
        quoted_text=reply.quoted,
        files=bodies.read_files(),
        automatic=Automatic.AUTO_REPLY
        if receipt
        else kind_of(headers, subject, senders[0].value if senders else "", bounce=bounce is not None, own_id=own_id),
        bounce=bounce,
        receipt=receipt,
        forwarded=find_forwarded(shown, subject, attached) if bounce is None else None,
        evidence=_evidence(headers),
        warnings=(*warnings, *_missing(headers, senders, date), *((reply.warning,) if reply.warning else ())),
    )


def parse_body(text: str, *, html: bool = False, subject: str = "") -> Mail:
    """A text or an HTML body alone, saved without its mail."""
    shown = html_to_text(text) if html else text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    reply = cut_reply(shown)
    return Mail(
        subject=subject,
        text=without_marks(shown).strip("\n"),
        html=text if html else "",
        reply_text=reply.text,
        quoted_text=reply.quoted,
        forwarded=find_forwarded(shown, subject),
        warnings=("No headers: the whole file is taken as the text",),
    )


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for name in _DELIVERED_TO for value in headers.all(name)))[:20]


def _attached(parts: list[Part]) -> Headers | None:
    """The head of the one mail that is attached; several are a collection, not a forward."""
    heads = [part.children[0].headers for part in parts if part.children]
    return heads[0] if len(heads) == 1 else None


def _missing(headers: Headers, senders: tuple[Address, ...], date: dt.datetime | None) -> list[str]:
    missing = []
    if not senders:
        missing.append("No sender")
    if not headers.raw("message-id"):
        missing.append("No Message-ID: the mail is known by its content")
    if date is None:
        missing.append("No readable date")
    return missing


def _evidence(headers: Headers) -> str:
    """What the receiving server found out about the sender: the topmost result, which the last server added.

    Anybody can put such a header into his mail, so it is worth something only when our own server adds one too.
    """
    results = headers.raw("authentication-results")
    server = results.partition(";")[0].strip()[:100]
    words = results.lower()
    found = [f"{name}={word}" for name in ("dmarc", "dkim", "spf") if (word := _result(words, name))]
    return f"{' '.join(found)} ({server})" if found else ""


def _result(words: str, name: str) -> str:
    start = words.find(f"{name}=")
    return words[start + len(name) + 1 : start + len(name) + 12].split(" ")[0].strip(";()") if start >= 0 else ""
