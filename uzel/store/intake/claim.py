"""The delivery table as the queue of intake: claimed and settled in the transaction that holds the effects."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from uzel.channelkit.contract import RawDelivery
from uzel.store.blobs import blobs
from uzel.store.intake.rows import encode
from uzel.store.sql import Query, fetch, fetch_one, run

MOST_ATTEMPTS = 10  # at a delivery that a busy database refused

_COLUMNS = "id, channel_id, external_id, received_at, headers, body, blob_hash"

_CLAIM = Query(
    "claim_deliveries",
    f"""
    SELECT {_COLUMNS} FROM delivery WHERE state = 'new' AND not_before <= now()
    ORDER BY id LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED
    """,  # noqa: S608 - only constants are put in
)
_CLAIM_ONE = Query(
    "claim_delivery",
    f"SELECT {_COLUMNS} FROM delivery WHERE id = %(id)s::bigint AND state = 'new' FOR UPDATE SKIP LOCKED",  # noqa: S608
)
_SETTLE = Query(
    "settle_deliveries",
    """
    UPDATE delivery d SET state = r.state, entry_id = r.entry_id, outcome = r.outcome, error = r.error,
        attempts = d.attempts + 1, handled_at = now()
    FROM json_to_recordset(%(rows)s::json) AS r(id bigint, state text, entry_id bigint, outcome text, error text)
    WHERE d.id = r.id
    """,
)
_POSTPONE = Query(
    "postpone_delivery",
    f"""
    UPDATE delivery SET attempts = attempts + 1, not_before = now() + interval '2 seconds' * (attempts + 1)
    WHERE id = %(id)s::bigint AND state = 'new' AND attempts < {MOST_ATTEMPTS}
    """,  # noqa: S608 - only constants are put in
)
_WAITING = Query("deliveries_waiting", "SELECT count(*) AS n FROM delivery WHERE state = 'new'")


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery held by this transaction."""

    id: int
    channel_id: int
    external_id: str
    headers: dict[str, str]
    body: bytes | None
    blob_hash: str | None
    received_at: dt.datetime

    def read(self) -> RawDelivery:
        """What the channel brought. Raises FileNotFoundError when a large body is gone from the blob store."""
        body = blobs().read(self.blob_hash) if self.blob_hash else self.body or b""
        return RawDelivery(external_id=self.external_id, body=body, headers=self.headers, received_at=self.received_at)


class Settled(msgspec.Struct, kw_only=True):
    """What became of a delivery. state: done | quarantined. outcome: in a few words, for the administrator."""

    id: int
    state: str = "done"
    entry_id: int | None = None
    outcome: str = ""
    error: str = ""


def claim(limit: int) -> list[Claimed]:
    """The oldest waiting deliveries that nobody else holds."""
    return [_claimed(row) for row in fetch(_CLAIM, {"limit": limit})]


def claim_one(number: int) -> Claimed | None:
    row = fetch_one(_CLAIM_ONE, {"id": number})
    return _claimed(row) if row else None


def settle(settled: Sequence[Settled]) -> None:
    if settled:
        run(_SETTLE, {"rows": encode(settled).decode()})


def postpone(number: int) -> bool:
    """Let it wait a little longer each time; False when it was tried often enough."""
    return run(_POSTPONE, {"id": number}) == 1


def waiting() -> int:
    row = fetch_one(_WAITING, {})
    return int(row["n"]) if row else 0


def _claimed(row: dict[str, Any]) -> Claimed:
    body = row.pop("body")
    return Claimed(body=None if body is None else bytes(body), **row)
