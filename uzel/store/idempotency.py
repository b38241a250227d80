"""The stored answers of calls that must happen once, however often they are sent."""

import datetime as dt
import hashlib
from typing import Any

from psycopg.types.json import Jsonb

from uzel.store.sql import Query, fetch_one, run

KEPT = dt.timedelta(days=7)

_RESERVE = Query("reserve_key", "SELECT pg_try_advisory_xact_lock(%(lock)s::bigint) AS is_ours")
_FIND = Query(
    "stored_answer",
    """
    SELECT request_hash, status, body, headers FROM idempotency_record
    WHERE person_id = %(person)s::bigint AND key = %(key)s
    """,
)
_STORE = Query(
    "store_answer",
    """
    INSERT INTO idempotency_record (person_id, key, request_hash, status, body, headers)
    VALUES (%(person)s::bigint, %(key)s, %(hash)s::bytea, %(status)s::smallint, %(body)s::bytea, %(headers)s::jsonb)
    """,
)
_FORGET = Query("forget_answers", "DELETE FROM idempotency_record WHERE created_at < now() - %(kept)s::interval")


def reserve(person_id: int, key: str) -> bool:
    """Hold ``key`` until this transaction ends. False: another call with it is under way right now."""
    digest = hashlib.sha256(f"{person_id}\0{key}".encode()).digest()
    row = fetch_one(_RESERVE, {"lock": int.from_bytes(digest[:8], "big", signed=True)})
    return bool(row and row["is_ours"])


def find_answer(person_id: int, key: str) -> dict[str, Any] | None:
    """{request_hash, status, body, headers} of an earlier call. Ask after ``reserve``: then none can be under way."""
    return fetch_one(_FIND, {"person": person_id, "key": key})


def store_answer(person_id: int, key: str, **answer: Any) -> None:
    """Keep {hash, status, body, headers} in the transaction of the effect itself."""
    run(_STORE, {"person": person_id, "key": key, **answer, "headers": Jsonb(answer["headers"])})


def forget_old_answers() -> int:
    """Housekeeping: answers older than a week. Gives how many."""
    return run(_FORGET, {"kept": KEPT})
