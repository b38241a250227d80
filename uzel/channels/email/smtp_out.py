"""Handing one mail to the SMTP server, with an exact answer to «was it taken?».

Until the dot that ends the mail has left, nothing was taken and the mail may be sent again. Between that dot and the
server's answer nobody can know: such a mail is unsure and never sent again by itself.
"""

import base64
import datetime as dt
import logging
import re
import smtplib
import socket
from typing import NamedTuple

from uzel.channelkit.contract import Account, Outcome, Outgoing, SendResult
from uzel.channels.email.compose import Composed, compose
from uzel.channels.email.oauth import access_token, forget_token, xoauth2
from uzel.channels.email.settings import CONNECT_TIMEOUT, READ_TIMEOUT, EmailSettings, Server, read_settings
from uzel.channels.email.trouble import LoginRefused, NotOffered, Told, explain
from uzel.kernel.errors import Invalid

FINAL_TIMEOUT = 300.0  # seconds; servers scan the mail between the dot and their answer

_log = logging.getLogger(__name__)
_LEADING_DOT = re.compile(rb"^\.", re.M)
_LOGIN_CODES = (530, 534, 535, 538)


class Reply(NamedTuple):
    code: int
    text: str

    @classmethod
    def of(cls, answer: tuple[int, bytes]) -> "Reply":
        return cls(answer[0], answer[1].decode("utf-8", "replace"))


class _Refusal(Exception):
    """The server answered a command with 4xx or 5xx; ``said`` is its reply."""

    def __init__(self, said: Reply) -> None:
        super().__init__(said.text)
        self.said = said


class _Unanswered(Exception):
    """The connection broke after the final dot had left."""


def send(message: Outgoing, account: Account) -> SendResult:
    """One mail to one recipient. Never raises for what the server or the network does."""
    settings = read_settings(account)
    if settings.smtp is None:
        return SendResult(
            outcome=Outcome.RETRY,
            code="no-smtp",
            reason_en="No SMTP server is entered for this channel. Enter it in the settings; the mail will follow.",
            reason_ru="Для канала не указан сервер SMTP. Укажите его в настройках — письмо уйдёт само.",
        )
    try:
        mail = compose(message, account, settings, now=dt.datetime.now(dt.UTC))
    except Invalid as error:
        return SendResult(outcome=Outcome.REFUSED, code="unsendable", reason_en=error.en, reason_ru=error.ru)
    return _hand_over(mail, message.client_key, settings, settings.smtp)


def open_session(settings: EmailSettings, server: Server) -> smtplib.SMTP:
    """Connected, encrypted, greeted, signed in. Raises LoginRefused, NotOffered, SMTPException, OSError."""
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=CONNECT_TIMEOUT, context=settings.tls(), local_hostname=_own_name()
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_TIMEOUT, local_hostname=_own_name())
    try:
        _greet(smtp)
        if server.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise NotOffered("STARTTLS")
            smtp.starttls(context=settings.tls())
            _greet(smtp)
        _log_in(smtp, server, settings)
        _patience(smtp, READ_TIMEOUT)
        if smtp.sock is not None:  # the final dot is a packet of its own: it must not wait for an acknowledgement
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_over(mail: Composed, envelope_id: str, settings: EmailSettings, server: Server) -> SendResult:
    where = f"{server.host}:{server.port}"
    try:
        smtp = open_session(settings, server)
    except (smtplib.SMTPException, OSError, LoginRefused, NotOffered) as error:
        return _later(explain(error, where), str(getattr(error, "smtp_code", "") or "connect"))
    try:
        return _accepted(mail, _transfer(smtp, mail, envelope_id))
    except _Refusal as refusal:
        return _refused(mail, refusal.said)
    except _Unanswered as error:
        return _unsure(mail, where, str(error))
    except (smtplib.SMTPException, OSError) as error:
        return _later(explain(error, where), "broken")
    finally:
        _part(smtp)


def _transfer(smtp: smtplib.SMTP, mail: Composed, envelope_id: str) -> Reply:
    """The server's word that it took the mail. Raises _Refusal, _Unanswered, or what broke before the final dot."""
    _check_offers(smtp, mail)
    _ask(smtp.mail(mail.sender, _sender_options(smtp, mail, envelope_id)), 250)
    _ask(smtp.rcpt(mail.recipient, _recipient_options(smtp, mail)), 250, 251)
    _ask(smtp.docmd("DATA"), 354)
    source = mail.source if mail.source.endswith(b"\r\n") else mail.source + b"\r\n"
    smtp.send(_LEADING_DOT.sub(b"..", source))
    _patience(smtp, FINAL_TIMEOUT)
    try:
        smtp.send(b".\r\n")
        answer = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise _Unanswered(str(error)) from error
    return _ask(answer, 250)


def _ask(answer: tuple[int, bytes], *wanted: int) -> Reply:
    reply = Reply.of(answer)
    if reply.code not in wanted:
        raise _Refusal(reply)
    return reply


def _check_offers(smtp: smtplib.SMTP, mail: Composed) -> None:
    if mail.needs_utf8 and not smtp.has_extn("smtputf8"):
        raise _Refusal(Reply(553, "this server takes no addresses with letters beyond ASCII (SMTPUTF8)"))
    limit = smtp.esmtp_features.get("size", "").strip()
    if limit.isdigit() and 0 < int(limit) < len(mail.source):
        raise _Refusal(Reply(552, f"the mail has {len(mail.source)} bytes, the server takes {limit}"))


def _sender_options(smtp: smtplib.SMTP, mail: Composed, envelope_id: str) -> list[str]:
    options = [f"SIZE={len(mail.source)}"] if smtp.has_extn("size") else []
    if mail.needs_utf8:
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    if smtp.has_extn("dsn"):
        options += ["RET=HDRS", f"ENVID={_xtext(envelope_id)}"]
    return options


def _recipient_options(smtp: smtplib.SMTP, mail: Composed) -> list[str]:
    if not smtp.has_extn("dsn"):
        return []
    options = ["NOTIFY=FAILURE,DELAY"]
    return options if mail.needs_utf8 else [*options, f"ORCPT=rfc822;{_xtext(mail.recipient)}"]


def _xtext(text: str) -> str:
    """RFC 3461: printable ASCII but for + and =, which are written in hexadecimal."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text if ord(c) < 128)


def _greet(smtp: smtplib.SMTP) -> None:
    code, said = smtp.ehlo()
    if not 200 <= code <= 299:
        code, said = smtp.helo()
    if not 200 <= code <= 299:
        raise smtplib.SMTPHeloError(code, said)


def _log_in(smtp: smtplib.SMTP, server: Server, settings: EmailSettings) -> None:
    if not server.user:
        return
    if not smtp.has_extn("auth"):
        if server.security != "none":
            raise NotOffered("AUTH")
        return  # an internal relay that knows its own by their address
    try:
        if settings.oauth is not None:
            token = access_token(settings)
            smtp.auth("XOAUTH2", lambda challenge=None: xoauth2(server.user, token) if challenge is None else "")
        elif (server.user + server.password).isascii():
            smtp.login(server.user, server.password)
        else:
            _log_in_beyond_ascii(smtp, server)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        forget_token(settings)
        raise LoginRefused(str(error)) from error


def _log_in_beyond_ascii(smtp: smtplib.SMTP, server: Server) -> None:
    """The library takes ASCII passwords only; RFC 4616 says UTF-8."""
    word = base64.b64encode(f"\0{server.user}\0{server.password}".encode()).decode()
    code, said = smtp.docmd("AUTH", f"PLAIN {word}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _patience(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _part(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError) as error:
        _log.debug("QUIT: %s", error)  # the answer that counts was given before
        smtp.close()


def _own_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and "." in name else "[127.0.0.1]"


def _accepted(mail: Composed, said: Reply) -> SendResult:
    return SendResult(outcome=Outcome.ACCEPTED, provider_id=mail.message_id, code=str(said.code))


def _later(told: Told, code: str) -> SendResult:
    return SendResult(outcome=Outcome.RETRY, code=code, reason_en=told.en, reason_ru=told.ru)


def _refused(mail: Composed, said: Reply) -> SendResult:
    """5xx is for good, but for sign-in, which an administrator can mend."""
    words = " ".join(said.text.split())[:500]
    if said.code in _LOGIN_CODES or not 500 <= said.code <= 599:
        en = (
            f"The mail server postponed the mail for {mail.recipient}: {said.code} {words}. It is sent again by itself."
        )
        ru = f"Почтовый сервер отложил письмо для {mail.recipient}: {said.code} {words}. Оно будет отправлено ещё раз."
        return _later(Told(en, ru), str(said.code))
    return SendResult(
        outcome=Outcome.REFUSED,
        code=str(said.code),
        reason_en=f"The mail server refused the mail for {mail.recipient}: {said.code} {words}",
        reason_ru=f"Почтовый сервер отказался принять письмо для {mail.recipient}: {said.code} {words}",
    )


def _unsure(mail: Composed, where: str, said: str) -> SendResult:
    return SendResult(
        outcome=Outcome.UNSURE,
        provider_id=mail.message_id,
        code="unanswered",
        reason_en=f"{where} broke off after the whole mail was handed over ({said}). It may have arrived: ask or look "
        "before you send it again.",
        reason_ru=f"{where} оборвал связь, когда письмо уже было передано целиком ({said}). Возможно, оно дошло: "
        "проверьте, прежде чем отправлять снова.",
    )
