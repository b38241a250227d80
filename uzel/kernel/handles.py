"""Normal forms of the addresses that people are reached at. Two spellings of one address give one value."""

import contextlib
import re
from functools import lru_cache

import phonenumbers

EMAIL = "email"
PHONE = "phone"

# Providers that ignore dots and everything behind a plus in the local part (their own help pages say so).
_DOTLESS = {"gmail.com", "googlemail.com"}
_PLUS = _DOTLESS | {
    "outlook.com",
    "hotmail.com",
    "live.com",
    "icloud.com",
    "me.com",
    "fastmail.com",
    "protonmail.com",
    "proton.me",
}
# One mailbox under several domain names.
_SAME = {
    "googlemail.com": "gmail.com",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
    "yandex.by": "yandex.ru",
    "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru",
}
_EXTENSION = re.compile(r"^\d{2,5}$")


def normal_email(address: str) -> str:
    """``Ivan.Petrov+x@GoogleMail.com`` → ``ivanpetrov@gmail.com``; what has no ``@`` is only lower-cased.

    Case is folded in the local part as well: every provider in use treats it so. Yandex reads ``-`` and
    ``.`` in a local part as one sign.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    if not at:
        return domain
    domain = domain.rstrip(".")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):  # no name that the net knows: kept as it is written
            domain = domain.encode("idna").decode()
    if domain in _PLUS:
        local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "")
    domain = _SAME.get(domain, domain)
    if domain == "yandex.ru":
        local = local.partition("+")[0].replace(".", "-") or local
    return f"{local}@{domain}"


@lru_cache(4096)
def normal_phone(number: str, region: str = "RU") -> str:
    """E.164 with an optional ``;ext=``: ``8 (916) 123-45-67 доб. 204`` → ``+79161234567;ext=204``.

    A bare 2-5 digit number is an extension inside the organisation and stays as it is, so that
    extension 204 never equals a public number. What is no number at all comes back stripped.
    """
    text = number.strip().replace("доб.", "ext.").replace("доб", "ext.")
    digits = re.sub(r"\D", "", text)
    if _EXTENSION.match(digits) and digits == re.sub(r"[\s-]", "", text):
        return digits
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    value = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{value};ext={parsed.extension}" if parsed.extension else value


def normal_handle(kind: str, value: str, region: str = "RU") -> str:
    """The one spelling under which a handle of ``kind`` is stored and looked up."""
    if kind == EMAIL:
        return normal_email(value)
    if kind == PHONE:
        return normal_phone(value, region)
    return value.strip()
