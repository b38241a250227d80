"""Who in the cluster holds which connection. A lease that is not renewed in time may be taken by anybody."""

import datetime as dt
from collections.abc import Collection

from uzel.store.sql import Query, fetch, run

SECONDS = 15  # how long a lease lasts
RENEW = 5.0  # seconds between renewals

# The database's clock alone counts. Names in order: two nodes never wait for each other.
_HOLD = Query(
    "leases_hold",
    f"""
    INSERT INTO lease AS l (name, holder, until)
    SELECT name, %(holder)s, now() + interval '{SECONDS} seconds' FROM unnest(%(names)s::text[]) AS name ORDER BY name
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
        WHERE l.until < now() OR l.holder = EXCLUDED.holder
    RETURNING name
    """,  # noqa: S608 - only a constant is put in
)
_RELEASE = Query("leases_release", "DELETE FROM lease WHERE holder = %(holder)s AND name = ANY(%(names)s::text[])")
_NEXT = Query(
    "leases_next",
    """
    SELECT min(until) - now() AS wait FROM lease WHERE name = ANY(%(names)s::text[]) AND holder <> %(holder)s
    """,
)


def hold(names: Collection[str], holder: str) -> set[str]:
    """Acquire or renew all of ``names`` at once; gives those that ``holder`` has for the next fifteen seconds."""
    return {row["name"] for row in fetch(_HOLD, {"names": list(names), "holder": holder})} if names else set()


def release(names: Collection[str], holder: str) -> None:
    """Let others have them now instead of when they run out."""
    run(_RELEASE, {"names": list(names), "holder": holder})


def until_next(names: Collection[str], holder: str) -> dt.timedelta | None:
    """When the first lease that another holds may run out; None if others hold none of ``names``."""
    rows = fetch(_NEXT, {"names": list(names), "holder": holder})
    wait: dt.timedelta | None = rows[0]["wait"]
    return wait
