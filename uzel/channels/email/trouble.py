"""What went wrong with a mail server, in words that say what to do."""

import socket
import ssl
from typing import NamedTuple

from uzel.kernel.errors import UzelError


class Told(NamedTuple):
    en: str
    ru: str


class LoginRefused(Exception):
    """The server does not take the user name and password, or the OAuth2 token."""


class FolderMissing(Exception):
    """The mailbox has no such folder; the argument is its name."""


class NotOffered(Exception):
    """The server can't do what the settings ask of it; the argument says what."""


def explain(error: BaseException, where: str) -> Told:
    """Why a connection to ``where`` (host:port) failed, and what to do about it."""
    if isinstance(error, UzelError):
        return Told(error.en, error.ru)
    for kind, en, ru in _KNOWN:
        if isinstance(error, kind):
            said = str(error)[:300]
            return Told(en.format(where=where, said=said), ru.format(where=where, said=said))
    said = str(error)[:300] or type(error).__name__
    return Told(f"{where}: {said}", f"{where}: {said}")


# The first that fits is taken: special cases stand above the general ones.
_KNOWN: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        LoginRefused,
        "{where} does not accept the user name or password: {said}. Check both; Gmail, Yandex and Mail.ru want an app "
        "password, Microsoft wants OAuth2.",
        "{where} не принимает имя или пароль: {said}. Проверьте их; Gmail, Яндекс и Mail.ru требуют пароль приложения, "
        "Microsoft — OAuth2.",
    ),
    (
        FolderMissing,
        "There is no folder {said} in the mailbox at {where}. Correct the list of folders.",
        "В ящике на {where} нет папки {said}. Исправьте список папок.",
    ),
    (
        NotOffered,
        "{where} does not offer {said}. Choose another kind of encryption or another port.",
        "{where} не поддерживает {said}. Выберите другое шифрование или другой порт.",
    ),
    (
        ssl.SSLCertVerificationError,
        "The certificate of {where} can't be trusted: {said}. Check the server's name and this machine's clock; for "
        "an authority of your own, enter its certificate in the settings.",
        "Сертификату {where} нельзя доверять: {said}. Проверьте имя сервера и часы этой машины; для своего центра "
        "укажите его сертификат в настройках.",
    ),
    (
        ssl.SSLError,
        "No encrypted connection to {where}: {said}. Usually the port and the encryption do not belong together "
        "(993 and 465: tls; 143, 587 and 25: starttls).",
        "Не удалось зашифровать соединение с {where}: {said}. Обычно порт не подходит к виду шифрования "
        "(993 и 465: tls; 143, 587 и 25: starttls).",
    ),
    (
        socket.gaierror,
        "The name in {where} is not known ({said}). Check the spelling and this machine's DNS.",
        "Имя в {where} не найдено ({said}). Проверьте написание и DNS этой машины.",
    ),
    (
        ConnectionRefusedError,
        "Nobody answers at {where}: the port is closed. Check the port and the firewall.",
        "На {where} никто не отвечает: порт закрыт. Проверьте порт и межсетевой экран.",
    ),
    (
        TimeoutError,
        "{where} did not answer in time. Check the address, the firewall and the server's health.",
        "{where} не ответил вовремя. Проверьте адрес, межсетевой экран и состояние сервера.",
    ),
    (
        OSError,
        "The connection to {where} broke: {said}. It is tried again by itself.",
        "Соединение с {where} прервалось: {said}. Попытки повторяются сами.",
    ),
)
