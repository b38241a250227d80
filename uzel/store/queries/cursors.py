"""Opaque marks of a place in a list. They name a place, never a right: what is visible is decided again."""

import base64
import datetime as dt
from typing import Any

import msgspec

from uzel.kernel.errors import Invalid


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Behind which row the next page starts."""

    at: dt.datetime
    id: int


def write_cursor(at: dt.datetime, id: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(Place(at, id))).decode().rstrip("=")


def read_cursor(text: str) -> Place:
    """Raises Invalid for what this server never gave out."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Place)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(
            "This page mark can't be read. Load the list from its start.",
            "Метка страницы не читается. Загрузите список сначала.",
            fields={"cursor": "unreadable"},
        ) from error


def page_of(rows: list[dict[str, Any]], limit: int, at: str, id: str = "id") -> tuple[list[dict[str, Any]], str | None]:
    """Cut the row that was read ahead; the mark of the next page, or None at the end."""
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    return rows, write_cursor(rows[-1][at], rows[-1][id])
