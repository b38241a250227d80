"""Which mail is which: our own Message-IDs, the key of a delivery, the addresses that answers come back to."""

import hashlib

from uzel.channels.email.headers import message_ids, read_headers, sent_at, split_head
from uzel.kernel.tokens import sign, verify

_PURPOSE = "message-id"
_PREFIX = "uzel."
_TELLING = ("from", "date", "subject")
_CLOCK_SET = 2000  # a device that says an earlier year does not know the time
_ADDED_ON_THE_WAY = (
    b"received",
    b"return-path",
    b"delivered-to",
    b"x-original-to",
    b"envelope-to",
    b"status",
    b"x-uid",
)


def own_message_id(secret: bytes, client_key: str, domain: str) -> str:
    """``uzel.<key>.<signature>@domain``, without brackets: nobody else can make one, so a loop is known for sure."""
    return f"{_PREFIX}{client_key}.{sign(secret, _PURPOSE, client_key)}@{domain}"


def own_client_key(secret: bytes, message_id: str) -> str | None:
    """The client key inside a Message-ID of ours; None for anybody else's, and for a forged one."""
    local = message_id.strip(" <>").rpartition("@")[0]
    key, dot, token = local.removeprefix(_PREFIX).rpartition(".")
    if not dot or not local.startswith(_PREFIX):
        return None
    return key if verify(secret, _PURPOSE, token) == key else None


def delivery_key(raw: bytes) -> str:
    """What makes a mail the same mail, however often and by whichever way it comes.

    Its Message-ID together with sender, date and subject: devices that give every mail one Message-ID must not lose
    all but the first. Where no clock tells them apart either, the text does. Without a Message-ID, the source less what
    servers add on the way.
    """
    lines, start = split_head(raw)
    headers = read_headers(lines)
    ids = message_ids(headers.raw("message-id"))
    if ids:
        telling = "\0".join(headers.raw(name) for name in _TELLING).encode("utf-8", "replace")
        sent = sent_at(headers.raw("date"))
        if sent is None or sent.year < _CLOCK_SET:
            telling += _plain(raw[start:])
        return f"{ids[0]} {_short(telling)}"
    return f"source {_short(_canonical(lines, raw[start:]))}"


def plus_address(address: str, token: str) -> str:
    """``help@example.org`` and a token → ``help+token@example.org``; as it was if the local part gets too long."""
    local, at, domain = address.rpartition("@")
    tagged = f"{local}+{token}"
    return f"{tagged}@{domain}" if at and token and len(tagged) <= 64 else address


def base_address(address: str) -> str:
    """The address that a plus-address belongs to, lower-case."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _canonical(lines: list[bytes], body: bytes) -> bytes:
    kept: list[bytes] = []
    keep = True
    for line in lines:
        if not line.startswith((b" ", b"\t")):
            keep = not line.lower().startswith(_ADDED_ON_THE_WAY)
        if keep:
            kept.append(line.strip())
    return b"\n".join(kept) + b"\n\n" + _plain(body)


def _plain(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip()


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
