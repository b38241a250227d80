"""Storing what channels bring, before anything reads it."""

import hashlib
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from uzel.channelkit.contract import RawDelivery
from uzel.store.blobs import blobs
from uzel.store.sql import Query, fetch_one
from uzel.store.waking import INTAKE, waker

LARGE = 256 * 1024  # bytes; larger bodies stand in the blob store
_LONGEST_ID = 500

_STORE = Query(
    "store_delivery",
    """
    INSERT INTO delivery (channel_id, external_id, received_at, headers, body, blob_hash, size)
    VALUES (%(channel)s::bigint, %(external_id)s, COALESCE(%(received_at)s::timestamptz, now()), %(headers)s::jsonb,
            %(body)s::bytea, %(blob)s, %(size)s::bigint)
    ON CONFLICT (channel_id, external_id) DO NOTHING RETURNING id
    """,
)
_BLOB = Query(
    "store_blob",
    "INSERT INTO blob (hash, size) VALUES (%(hash)s, %(size)s::bigint) ON CONFLICT (hash) DO NOTHING RETURNING hash",
)


def store_delivery(channel_id: int, raw: RawDelivery) -> bool:
    """Commit the raw bytes; after the return the other side may be told that they were taken.

    False when the same external id was stored before: safe to repeat at any time.
    """
    row = _store_large(channel_id, raw) if len(raw.body) > LARGE else _store(channel_id, raw, blob=None)
    if row is not None:
        waker.notify_soon(INTAKE)
    return row is not None


def _store_large(channel_id: int, raw: RawDelivery) -> dict[str, Any] | None:
    with transaction.atomic():
        digest = blobs().put(raw.body)
        fetch_one(_BLOB, {"hash": digest, "size": len(raw.body)})
        return _store(channel_id, raw, blob=digest)


def _store(channel_id: int, raw: RawDelivery, *, blob: str | None) -> dict[str, Any] | None:
    """One statement: outside a transaction it is its own, which spares two round trips on the way to the answer."""
    return fetch_one(
        _STORE,
        {
            "channel": channel_id,
            "external_id": short_id(raw.external_id),
            "received_at": raw.received_at,
            "headers": Jsonb(dict(raw.headers)),
            "body": None if blob else raw.body,
            "blob": blob,
            "size": len(raw.body),
        },
    )


def short_id(external_id: str) -> str:
    """An external id that fits an index: a long one keeps its head and gets the hash of the whole.

    NUL bytes, which PostgreSQL's text can't hold, are shown as their escape.
    """
    external_id = external_id.replace("\0", "\\0")
    if len(external_id) <= _LONGEST_ID:
        return external_id
    return f"{external_id[:200]}…{hashlib.sha256(external_id.encode()).hexdigest()}"
