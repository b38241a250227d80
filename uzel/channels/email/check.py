"""The connection test: really sign in to both servers and say line by line what works."""

import smtplib
from collections.abc import Iterator, Sequence

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from uzel.channelkit.contract import Account, Finding
from uzel.channels.email.compose import wire_address
from uzel.channels.email.imap_line import cut, select, sign_in
from uzel.channels.email.settings import EmailSettings, Server, read_settings
from uzel.channels.email.smtp_out import open_session
from uzel.channels.email.trouble import FolderMissing, LoginRefused, NotOffered, explain
from uzel.kernel.errors import Invalid

_BROKEN = (OSError, EOFError, ValueError, IMAPClientError, smtplib.SMTPException, LoginRefused, NotOffered)


def check(account: Account) -> Sequence[Finding]:
    settings = read_settings(account)
    return [*_address(settings), *_imap(settings), *_smtp(settings)]


def _address(settings: EmailSettings) -> Iterator[Finding]:
    try:
        wire_address(settings.address)
    except Invalid as error:
        yield Finding(ok=False, what_en="Address", what_ru="Адрес", hint_en=error.en, hint_ru=error.ru)


def _imap(settings: EmailSettings) -> Iterator[Finding]:
    if settings.imap is None:
        yield Finding(
            ok=True,
            what_en="No IMAP server: mail comes only by Uzel's SMTP port",
            what_ru="Сервер IMAP не указан: почта приходит только на SMTP-порт Узла",
        )
        return
    where = _where(settings.imap)
    try:
        client = sign_in(settings)
    except _BROKEN as error:
        yield _failure("Reading mail (IMAP)", "Чтение почты (IMAP)", error, where)
        return
    yield Finding(ok=True, what_en=f"Signed in to {where} (IMAP)", what_ru=f"Вход на {where} (IMAP) выполнен")
    try:
        for folder in settings.folders:
            yield _folder(client, folder, where)
    finally:
        cut(client)


def _folder(client: IMAPClient, folder: str, where: str) -> Finding:
    try:
        select(client, folder)
    except (*_BROKEN, FolderMissing) as error:
        return _failure(f"Folder {folder}", f"Папка {folder}", error, where)
    return Finding(ok=True, what_en=f"Folder {folder} can be read", what_ru=f"Папка {folder} читается")


def _smtp(settings: EmailSettings) -> Iterator[Finding]:
    if settings.smtp is None:
        yield Finding(
            ok=False,
            what_en="Sending (SMTP)",
            what_ru="Отправка (SMTP)",
            hint_en="No SMTP server is entered: answers wait until there is one.",
            hint_ru="Сервер SMTP не указан: ответы будут ждать, пока он не появится.",
        )
        return
    where = _where(settings.smtp)
    try:
        smtp = open_session(settings, settings.smtp)
    except _BROKEN as error:
        yield _failure("Sending (SMTP)", "Отправка (SMTP)", error, where)
        return
    with smtp:
        yield Finding(ok=True, what_en=f"Signed in to {where} (SMTP)", what_ru=f"Вход на {where} (SMTP) выполнен")
        yield _sender(smtp, settings, where)


def _sender(smtp: smtplib.SMTP, settings: EmailSettings, where: str) -> Finding:
    """Some servers let one sign in but not send in another's name: asked, and taken back."""
    try:
        code, said = smtp.mail(wire_address(settings.address))
        smtp.rset()
    except (*_BROKEN, Invalid) as error:
        return _failure("Sender's address", "Адрес отправителя", error, where)
    words = said.decode("utf-8", "replace")
    if code == 250:
        return Finding(
            ok=True,
            what_en=f"{settings.address} may send",
            what_ru=f"{settings.address} может отправлять",
        )
    return Finding(
        ok=False,
        what_en=f"{settings.address} may not send: {code} {words}",
        what_ru=f"{settings.address} не может отправлять: {code} {words}",
        hint_en="Allow this user to send from this address, or enter the user that may.",
        hint_ru="Разрешите этому пользователю отправлять с этого адреса или укажите того, кому можно.",
    )


def _failure(en: str, ru: str, error: BaseException, where: str) -> Finding:
    told = explain(error, where)
    return Finding(ok=False, what_en=en, what_ru=ru, hint_en=told.en, hint_ru=told.ru)


def _where(server: Server) -> str:
    return f"{server.host}:{server.port}"
