"""Read receipts (RFC 8098): the recipient's mail program says that our mail was shown or thrown away."""

import msgspec

from uzel.channels.email.headers import message_ids
from uzel.channels.email.source import Part

_TYPES = ("message/disposition-notification", "message/global-disposition-notification")


class Receipt(msgspec.Struct, frozen=True):
    original_ids: tuple[str, ...]
    recipient: str = ""
    shown: bool = True


def find_receipt(root: Part) -> Receipt | None:
    part = next((part for part in root.children if part.content_type in _TYPES), None)
    if part is None:
        return None
    fields: dict[str, str] = {}
    for line in part.text()[:20_000].split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            fields.setdefault(name.strip().lower(), value.strip())
    return Receipt(
        original_ids=message_ids(fields.get("original-message-id", "")) or message_ids(root.headers.raw("in-reply-to")),
        recipient=fields.get("final-recipient", "").partition(";")[2].strip()[:320],
        shown="displayed" in fields.get("disposition", "").lower(),
    )
