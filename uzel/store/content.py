"""What hangs on entries: files, HTML, quotes, the raw original. Whether the actor may see it stands in each query."""

import base64
from functools import cache
from pathlib import Path

import msgspec
import structlog

from uzel.channelkit.registry import installed_channels
from uzel.channelkit.sanitise import Sanitised, sanitise_html
from uzel.domain.permissions import Actor
from uzel.kernel.errors import NotFound
from uzel.store.blobs import blobs
from uzel.store.queries.audience import DESK, reader, visible
from uzel.store.queries.entry_rows import READABLE
from uzel.store.sql import Query, fetch, fetch_one

RASTER = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # pictures that can't run anything
LARGEST_INLINE = 2 * 1024 * 1024  # bytes of one picture inside a mail
MOST_INLINE = 10 * 1024 * 1024  # bytes of all of them

log = structlog.get_logger(__name__)


class StoredFile(msgspec.Struct, frozen=True):
    name: str
    content_type: str
    size: int
    digest: str
    path: Path


class Original(msgspec.Struct, frozen=True):
    """A delivery as it came, with the content type that its channel gives it."""

    content_type: str
    body: bytes


NO_FILE = NotFound("There is no such file, or you may not see it.", "Такого файла нет, или он вам не виден.")
NO_ENTRY = NotFound("There is no such entry, or you may not see it.", "Такой записи нет, или она вам не видна.")


def get_attachment(attachment_id: int, by: Actor) -> StoredFile:
    """Raises NotFound, also for a file that was not taken in and for one that is gone from the disk."""
    row = fetch_one(_attachment(by.role), reader(by) | {"id": attachment_id})
    if row is None:
        raise NO_FILE
    if row["blob_hash"] is None:
        raise NotFound(
            f"This file was not taken in: {row['problem'] or 'it was refused'}. Ask the sender for it.",
            f"Этот файл не был принят: {row['problem'] or 'отклонён'}. Попросите его у отправителя.",
        )
    path = blobs().path(row["blob_hash"])
    if not path.is_file():
        log.error("file is gone from the blob store", attachment=attachment_id, blob=row["blob_hash"])
        raise NotFound(
            "The file is gone from the server's disk. Tell the administrator.",
            "Файла нет на диске сервера. Сообщите администратору.",
        )
    return StoredFile(row["name"], row["content_type"], row["blob_size"], row["blob_hash"], path)


def get_html(entry_id: int, by: Actor, *, remote: bool) -> Sanitised:
    """The entry's HTML made safe, its own pictures inside it. Raises NotFound."""
    row = fetch_one(_html(by.role), reader(by) | {"id": entry_id})
    if row is None or not row["html"]:
        raise NO_ENTRY
    return sanitise_html(row["html"], _pictures(entry_id), remote=remote)


def get_quoted(entry_id: int, by: Actor) -> str:
    """What hung below the text. Raises NotFound."""
    row = fetch_one(_quoted(by.role), reader(by) | {"id": entry_id})
    if row is None:
        raise NO_ENTRY
    return str(row["quoted"])


def get_original(entry_id: int, by: Actor) -> Original:
    """Raises NotFound for whoever does not see the entry from the desk, and when there is no original."""
    row = fetch_one(_original(by.role), reader(by) | {"id": entry_id})
    if row is None:
        raise NO_ENTRY
    channel = installed_channels().get(row["kind"])
    content_type = channel.CAPABILITIES.original if channel else "application/octet-stream"
    body = blobs().read(row["blob_hash"]) if row["blob_hash"] else bytes(row["body"] or b"")
    return Original(content_type, body)


def _pictures(entry_id: int) -> dict[str, str]:
    """content-id → ``data:``; a frame without an origin of its own may fetch nothing from us."""
    found: dict[str, str] = {}
    left = MOST_INLINE
    for row in fetch(_PICTURES, {"entry": entry_id, "types": sorted(RASTER), "largest": LARGEST_INLINE}):
        left -= row["size"]
        path = blobs().path(row["blob_hash"])
        if left >= 0 and path.is_file():
            content = base64.b64encode(path.read_bytes()).decode()
            found[row["content_id"]] = f"data:{row['content_type']};base64,{content}"
    return found


def _seen(role: str) -> str:
    return f"""
        CROSS JOIN LATERAL (SELECT {DESK[role]} AS is_desk FROM ticket t
                            WHERE t.id = e.ticket_id AND {visible(role)}) t
        WHERE {READABLE}
    """  # noqa: S608 - constants only


@cache
def _attachment(role: str) -> Query:
    return Query(
        f"attachment_{role}",
        f"""
        SELECT a.name, a.content_type, b.size AS blob_size, a.blob_hash, a.problem
        FROM attachment a LEFT JOIN blob b ON b.hash = a.blob_hash JOIN entry e ON e.id = a.entry_id
        {_seen(role)} AND a.id = %(id)s::bigint
        """,  # noqa: S608 - constants only
    )


@cache
def _html(role: str) -> Query:
    return Query(f"entry_html_{role}", f"SELECT e.html FROM entry e {_seen(role)} AND e.id = %(id)s::bigint")  # noqa: S608 - constants only


@cache
def _quoted(role: str) -> Query:
    return Query(f"entry_quoted_{role}", f"SELECT e.quoted FROM entry e {_seen(role)} AND e.id = %(id)s::bigint")  # noqa: S608 - constants only


@cache
def _original(role: str) -> Query:
    return Query(
        f"entry_original_{role}",
        f"""
        SELECT d.body, d.blob_hash, c.kind FROM entry e
        JOIN delivery d ON d.id = e.delivery_id JOIN channel c ON c.id = d.channel_id
        {_seen(role)} AND t.is_desk AND e.id = %(id)s::bigint
        """,  # noqa: S608 - constants only
    )


_PICTURES = Query(
    "entry_pictures",
    """
    SELECT a.content_id, lower(a.content_type) AS content_type, b.size, a.blob_hash
    FROM attachment a JOIN blob b ON b.hash = a.blob_hash
    WHERE a.entry_id = %(entry)s::bigint AND a.content_id <> '' AND lower(a.content_type) = ANY(%(types)s::text[])
      AND b.size <= %(largest)s::bigint
    ORDER BY a.id
    """,
)
