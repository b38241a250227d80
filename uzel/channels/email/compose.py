"""One outgoing entry as a MIME mail. What people typed can never become a header of its own."""

import datetime as dt
import re
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any

import msgspec

from uzel.channelkit.contract import Account, Outgoing, OutgoingFile
from uzel.channels.email.identity import own_message_id, plus_address
from uzel.channels.email.settings import EmailSettings
from uzel.kernel.errors import Invalid

MAX_REFERENCES = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_LOCAL = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f.:IPv]{3,45}\]")
_ID = re.compile(r"[!-;=?-~]{1,400}@[!-;=?-~]{1,400}")  # printable ASCII less the angle brackets
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,90}")
_TEXT = re.compile(r"\r\n|\r")


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with CRLF line ends and its envelope. ``needs_utf8``: an address has letters beyond ASCII before the @."""

    message_id: str
    sender: str
    recipient: str
    source: bytes
    needs_utf8: bool


class _Wire(policy.EmailPolicy):
    """Subjects and names in encoded words. The library's own way loses or adds spaces where it breaks a line."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name not in ("Subject", "From", "To", "Reply-To") or str(value).isascii():
            return bytes(super().fold_binary(name, value))
        line = Header(header_name=name, maxlinelen=76)
        if name == "Subject":
            line.append(str(value), "utf-8")
        else:
            (address,) = value.addresses
            line.append(address.display_name, "utf-8")
            line.append(f"<{address.addr_spec}>", "us-ascii")
        return f"{name}: {line.encode(linesep=self.linesep)}{self.linesep}".encode("ascii")


def compose(message: Outgoing, account: Account, settings: EmailSettings, *, now: dt.datetime) -> Composed:
    """Raises Invalid when the recipient's address is none, or an attached file is gone."""
    sender, recipient = wire_address(settings.address), wire_address(message.to)
    needs_utf8 = not (sender.isascii() and recipient.isascii())
    mail = EmailMessage(policy=policy.SMTPUTF8 if needs_utf8 else _Wire(linesep="\r\n", cte_type="7bit"))
    mail["From"] = _mailbox(_from_name(message, settings), sender)
    mail["To"] = _mailbox(message.to_name, recipient)
    if settings.plus_addressing and message.reply_token:
        mail["Reply-To"] = _mailbox(settings.display_name, plus_address(sender, message.reply_token))
    mail["Subject"] = clean_header(message.subject)
    mail["Date"] = format_datetime(now)
    if message.automatic:
        mail["Auto-Submitted"] = "auto-replied" if message.in_reply_to else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(_TEXT.sub("\n", message.text + _links_below(message)) or "\n", charset="utf-8")
    if message.html:
        html = _TEXT.sub("\n", message.html) + _html_links(message)
        mail.add_alternative(html, subtype="html", charset="utf-8")
    for file in message.files:
        _attach(mail, file)
    message_id = own_message_id(account.secret, message.client_key, settings.domain)
    return Composed(
        message_id=message_id,
        sender=sender,
        recipient=recipient,
        source=_threading(message, message_id) + mail.as_bytes(),
        needs_utf8=needs_utf8,
    )


def _links_below(message: Outgoing) -> str:
    return "".join(f"\n\n{choice.label}:\n{choice.url}" for choice in message.choices)


def _html_links(message: Outgoing) -> str:
    return "".join(f'<p><a href="{escape(one.url)}">{escape(one.label)}</a></p>' for one in message.choices)


def wire_address(address: str) -> str:
    """The address as servers take it: an international domain in its ASCII form. Raises Invalid."""
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or ".." in local:
        shown = clean_header(address)[:100]
        raise Invalid(
            f"«{shown}» is no e-mail address. Correct it in the person's profile and send again.",
            f"«{shown}» — не адрес почты. Исправьте его в карточке человека и отправьте снова.",
        )
    return f"{local}@{domain}"


def clean_header(text: str) -> str:
    """One line, without control characters: nothing behind a line end becomes a header."""
    return " ".join(_CONTROL.sub(" ", text).split())[:900]


def _from_name(message: Outgoing, settings: EmailSettings) -> str:
    names = (message.author_name, settings.display_name)
    return " · ".join(dict.fromkeys(name for name in names if name))


def _mailbox(name: str, address: str) -> Address:
    """``address`` has been through wire_address; parts are given, since a whole one must be ASCII for the library."""
    local, _, domain = address.rpartition("@")
    return Address(clean_header(name)[:200], local, domain)


def _attach(mail: EmailMessage, file: OutgoingFile) -> None:
    content_type = file.content_type.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(content_type) or content_type.startswith(("multipart/", "message/")):
        content_type = "application/octet-stream"
    main, _, sub = content_type.partition("/")
    name = clean_header(file.name)[:200] or "file"
    try:
        content = file.open()
    except OSError as error:
        raise Invalid(
            f"The attachment «{name}» is missing in the file store ({error}). Attach it again in a new reply.",
            f"Вложение «{name}» пропало из хранилища ({error}). Приложите его заново в новом ответе.",
        ) from error
    mail.add_attachment(content, maintype=main, subtype=sub, filename=name)


def _threading(message: Outgoing, message_id: str) -> bytes:
    """Written by hand: the library turns long ids into encoded words, which no mail program can follow."""
    lines = [f"Message-ID: <{message_id}>"]
    if _ID.fullmatch(message.in_reply_to):
        lines.append(f"In-Reply-To: <{message.in_reply_to}>")
    known = [reference for reference in message.references if _ID.fullmatch(reference)][-MAX_REFERENCES:]
    if known:
        lines.append("References: " + "\r\n ".join(f"<{reference}>" for reference in known))
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
