"""Counters kept by transactions: their deltas are folded so that reading them stays cheap."""

from uzel.store.sql import Query, run

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


def fold_tally() -> int:
    """Add the counters' deltas to their cells; readers see the same sums before and after. Gives how many cells."""
    return run(_FOLD, {})
