"""How many open tickets an agent has to look at, from counters kept by transactions: the same cost at any size."""

from functools import cache

from uzel.domain.permissions import Actor
from uzel.store.queries.audience import DESK, reader
from uzel.store.sql import Query, fetch

MOST_DUE = 100  # counted no further

COUNTS = ("open", "mine", "my_teams", "unassigned", "waiting", "due")


@cache
def counts_query(role: str) -> Query:
    return Query(
        f"ticket_counts_{role}",
        f"""
        WITH t AS (
            SELECT team_id, owner_id, status, n FROM ticket_tally
            UNION ALL SELECT team_id, owner_id, status, n FROM ticket_tally_delta)
        SELECT COALESCE(sum(n), 0)::bigint AS open,
               COALESCE(sum(n) FILTER (WHERE owner_id = %(agent)s::bigint), 0)::bigint AS mine,
               COALESCE(sum(n) FILTER (WHERE team_id = ANY(%(teams)s::bigint[])), 0)::bigint AS my_teams,
               COALESCE(sum(n) FILTER (WHERE owner_id IS NULL), 0)::bigint AS unassigned,
               COALESCE(sum(n) FILTER (WHERE status IN ('waiting_user', 'waiting_others')), 0)::bigint AS waiting,
               (SELECT count(*) FROM (
                    SELECT FROM ticket t WHERE t.is_open AND t.due_at IS NOT NULL AND t.due_at < now() AND {DESK[role]}
                    ORDER BY t.due_at, t.id LIMIT {MOST_DUE}) late) AS due
        FROM t WHERE {DESK[role]}""",
    )


def fetch_counts(actor: Actor) -> dict[str, int]:
    (row,) = fetch(counts_query(actor.role), reader(actor))
    return row
