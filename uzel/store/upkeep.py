"""Statements that keep the database small; each may run at any time, any number of times."""

import datetime as dt

from uzel.store.sql import Query, run

LINKS_KEPT = dt.timedelta(days=7)  # after their end: «this link was used» is a better answer than «no such link»

_FOLD = Query(
    "fold_tally",
    """
    WITH taken AS (DELETE FROM ticket_tally_delta RETURNING team_id, owner_id, status, n)
    INSERT INTO ticket_tally AS t (team_id, owner_id, status, n)
    SELECT team_id, owner_id, status, sum(n) FROM taken GROUP BY 1, 2, 3 HAVING sum(n) <> 0
    ORDER BY 1, 2, 3
    ON CONFLICT (team_id, owner_id, status) DO UPDATE SET n = t.n + EXCLUDED.n
    """,
)
_FORGET_LINKS = Query("forget_links", "DELETE FROM one_time_link WHERE expires_at < now() - %(kept)s::interval")


def fold_tally() -> int:
    """Add the counters' deltas to their cells; readers see the same sums before and after. Gives how many cells."""
    return run(_FOLD, {})


def forget_old_links() -> int:
    """Mailed links that ended a week ago. Gives how many."""
    return run(_FORGET_LINKS, {"kept": LINKS_KEPT})
