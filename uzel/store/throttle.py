"""Counting tries, shared by all processes: for what must stay slow even on a cluster (signing in)."""

import datetime as dt
from collections.abc import Mapping

from uzel.kernel.errors import TooMany
from uzel.store.sql import Query, fetch, run

_COUNT = Query(
    "count_tries",
    """
    INSERT INTO throttle AS t (key, count, resets_at)
    SELECT key, 1, now() + %(window)s::interval FROM unnest(%(keys)s::text[]) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN t.resets_at <= now() THEN 1 ELSE t.count + 1 END,
        resets_at = CASE WHEN t.resets_at <= now() THEN now() + %(window)s::interval ELSE t.resets_at END
    RETURNING key, count, ceil(extract(epoch FROM resets_at - now()))::int AS seconds
    """,
)
_CLEAR = Query("clear_tries", "DELETE FROM throttle WHERE key = ANY(%(keys)s::text[])")
_FORGET = Query("forget_tries", "DELETE FROM throttle WHERE resets_at < now()")


def count_try(limits: Mapping[str, int], window: dt.timedelta) -> None:
    """Count one try under every key, in one statement. Raises TooMany when a key is over its limit."""
    rows = fetch(_COUNT, {"keys": sorted(limits), "window": window})
    over = [row["seconds"] for row in rows if row["count"] > limits[row["key"]]]
    if over:
        minutes = max(1, round(max(over) / 60))
        raise TooMany(
            f"Too many tries. Wait {minutes} min and try again.",
            f"Слишком много попыток. Подождите {minutes} мин и попробуйте снова.",
            retry_after=max(1, *over),
        )


def clear_tries(*keys: str) -> None:
    run(_CLEAR, {"keys": list(keys)})


def forget_old_tries() -> int:
    """Housekeeping. Gives how many keys were forgotten."""
    return run(_FORGET, {})
