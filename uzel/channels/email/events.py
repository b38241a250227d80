"""A read mail in the words of the pipeline."""

import hashlib
from collections.abc import Iterator

from uzel.channelkit.events import (
    Address,
    DispatchReported,
    DispatchState,
    Event,
    HintKind,
    MessageReceived,
    ThreadHint,
)
from uzel.channels.email.failure import Failure
from uzel.channels.email.mail import Mail
from uzel.kernel.handles import EMAIL
from uzel.kernel.tokens import TICKET, candidates, verify

MAX_REPLY_HINTS = 50
MAX_TOKEN_TEXT = 100_000  # characters of the text in which tokens are looked for


def to_events(
    mail: Mail, raw: bytes, *, secret: bytes = b"", envelope: tuple[str, ...] = (), language: str = "ru"
) -> tuple[Event, ...]:
    """What the mail means. A bounce reports on dispatches; one whose mail can't be told is also kept as a message.

    Args: secret: signs this installation's tokens; without it no token is believed.
        envelope: addresses outside the mail (RCPT TO), where a plus-address may stand alone.
        language: of the reasons that are shown to agents, "ru" or "en".
    """
    external_id = mail.message_id or f"sha256:{source_hash(raw)}"
    reports = tuple(_reports(mail, external_id, language))
    if reports and any(report.provider_ids for report in reports):
        return reports
    return (*reports, _received(mail, external_id, _hints(mail, secret, envelope)))


def source_hash(raw: bytes) -> str:
    """Of the source with one kind of line end and without what is empty at its end: the same mail by any way."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip()).hexdigest()


def _received(mail: Mail, external_id: str, hints: tuple[ThreadHint, ...]) -> MessageReceived:
    return MessageReceived(
        external_id=external_id,
        sender=mail.sender or Address(EMAIL, ""),
        recipients=(*mail.to, *mail.cc),
        subject=mail.subject,
        text=mail.reply_text,
        full_text=mail.text,
        html=mail.html,
        sent_at=mail.date,
        hints=hints,
        files=mail.files,
        automatic=mail.automatic,
        forwarded=mail.forwarded,
        warnings=mail.warnings,
        evidence=mail.evidence,
        meta=_meta(mail),
    )


def _meta(mail: Mail) -> dict[str, str]:
    """What the transport needs for an answer that lands in the sender's thread."""
    meta = {"message_id": mail.message_id, "references": " ".join(mail.references[-20:])}
    if mail.reply_to:
        meta["reply_to"] = mail.reply_to[0].value
    return {name: value for name, value in meta.items() if value}


def _hints(mail: Mail, secret: bytes, envelope: tuple[str, ...]) -> tuple[ThreadHint, ...]:
    found = [ThreadHint(HintKind.TOKEN, ticket) for ticket in _tickets(mail, secret, envelope)]
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    found.extend(ThreadHint(HintKind.REPLY, one) for one in list(ids)[:MAX_REPLY_HINTS])
    return tuple(dict.fromkeys(found))


def _tickets(mail: Mail, secret: bytes, envelope: tuple[str, ...]) -> Iterator[str]:
    """Tickets named by tokens that we signed, addresses first, then subject, then text."""
    if not secret:
        return
    written = [*envelope, *mail.delivered_to]
    written.extend(address.value for address in (*mail.to, *mail.cc, *mail.reply_to))
    for place in (" ".join(written), mail.subject, mail.text[:MAX_TOKEN_TEXT]):
        for token in candidates(place):
            ticket = verify(secret, TICKET, token)
            if ticket is not None:
                yield ticket


def _reports(mail: Mail, external_id: str, language: str) -> Iterator[DispatchReported]:
    if mail.receipt is not None:
        yield DispatchReported(
            external_id=external_id,
            provider_ids=mail.receipt.original_ids,
            recipient=mail.receipt.recipient,
            state=DispatchState.READ if mail.receipt.shown else DispatchState.DELIVERED,
        )
    if mail.bounce is None:
        return
    for number, failure in enumerate(mail.bounce.failures):
        yield DispatchReported(
            external_id=external_id if number == 0 else f"{external_id}#{number}",
            provider_ids=mail.bounce.original_ids,
            recipient=failure.recipient,
            state=_state(failure, complaint=mail.bounce.complaint),
            code=failure.status or failure.code or failure.known_status,
            reason=_reason(failure, language),
            permanent=None if mail.bounce.complaint or failure.reason.name == "delivered" else failure.hard,
        )


def _state(failure: Failure, *, complaint: bool) -> DispatchState:
    """A complaint is made about a mail that came through; a delayed one is still on its way."""
    if complaint or failure.reason.name == "delivered":
        return DispatchState.DELIVERED
    return DispatchState.SENT if failure.delayed else DispatchState.FAILED


def _reason(failure: Failure, language: str) -> str:
    said = failure.reason.ru if language == "ru" else failure.reason.en
    return f"{said} ({failure.words[:300]})" if failure.words else said
