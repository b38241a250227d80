"""Short signed tokens that fit a plus-address, a URL and a line of text.

A token is ``<version><purpose mark><value><signature>`` in base32 without padding: letters and digits only, so that
mail servers which lower-case a local part, and people who retype it, do no harm. The value is readable by anyone
who holds the token; the signature makes it impossible to guess another one. Purposes are kept apart: a token signed
for one is nothing for another.
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Iterator

TICKET = "ticket"  # the purpose of tokens that bring an answer back; their value is the ticket's id

SIGNATURE_BYTES = 10  # 80 bits: beyond guessing through a mail server, short enough for a local part of 64
_PLAIN = b"\x01"
_EXPIRING = b"\x02"
_MAX_VALUE = 120  # bytes
_EXPIRY_BYTES = 5  # seconds since 1970; lasts for 34,000 years
# A token never starts in the middle of a longer word, so each stretch of letters is looked at once.
_CANDIDATE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z2-7]{20,256}(?![A-Za-z0-9])")


def sign(secret: bytes, purpose: str, value: str) -> str:
    """A token for ``value`` that only ``verify`` with the same secret and purpose opens. Never expires.

    Raises: ValueError: the secret is empty, or ``value`` is longer than 120 bytes.
    """
    return _seal(secret, purpose, _PLAIN + _encoded(value))


def sign_until(secret: bytes, purpose: str, value: str, *, expires: dt.datetime) -> str:
    """Like ``sign``, worth nothing from the moment ``expires`` (aware) on."""
    until = int(expires.timestamp()).to_bytes(_EXPIRY_BYTES, "big")
    return _seal(secret, purpose, _EXPIRING + until + _encoded(value))


def verify(secret: bytes, purpose: str, token: str, *, now: dt.datetime | None = None) -> str | None:
    """The value inside ``token``, or None if it was not signed by us for this purpose or has expired.

    An expiring token needs ``now``: without it, it is refused, so that no caller forgets the clock.
    """
    sealed = _decoded(token)
    if not secret or sealed is None or len(sealed) <= SIGNATURE_BYTES:
        return None
    body, signature = sealed[:-SIGNATURE_BYTES], sealed[-SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, purpose, body)):
        return None
    return _value(body, now)


def candidates(text: str, limit: int = 50) -> Iterator[str]:
    """Stretches of ``text`` that might be tokens, in order; cheap, most are not."""
    for count, match in enumerate(_CANDIDATE.finditer(text)):
        if count >= limit:
            return
        yield match.group()


def _value(body: bytes, now: dt.datetime | None) -> str | None:
    mark, rest = body[:1], body[1:]
    if mark == _EXPIRING:
        until, rest = int.from_bytes(rest[:_EXPIRY_BYTES], "big"), rest[_EXPIRY_BYTES:]
        if now is None or now.timestamp() >= until:
            return None
    elif mark != _PLAIN:
        return None
    try:
        return rest.decode()
    except UnicodeDecodeError:
        return None


def _encoded(value: str) -> bytes:
    data = value.encode()
    if len(data) > _MAX_VALUE:
        raise ValueError(f"a token holds at most {_MAX_VALUE} bytes")
    return data


def _seal(secret: bytes, purpose: str, body: bytes) -> str:
    if not secret:
        raise ValueError("an empty secret signs nothing")
    sealed = base64.b32encode(body + _signature(secret, purpose, body))
    return sealed.rstrip(b"=").decode().lower()


def _decoded(token: str) -> bytes | None:
    text = token.strip().upper()
    if len(text) > 400 or not text.isascii():
        return None
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    # Base32 leaves spare bits in the last letter: only one spelling of a token may be valid.
    return data if base64.b32encode(data).rstrip(b"=").decode() == text else None


def _signature(secret: bytes, purpose: str, body: bytes) -> bytes:
    mac = hmac.new(secret, digestmod=hashlib.sha256)
    name = purpose.encode()
    mac.update(len(name).to_bytes(2, "big") + name + body)
    return mac.digest()[:SIGNATURE_BYTES]
