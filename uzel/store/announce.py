"""Telling open pages that something changed: ids only, with the scope of who may know."""

from typing import Any

from psycopg.types.json import Jsonb

from uzel.store import waking
from uzel.store.sql import Query, run

_ANNOUNCE = Query(
    "announce",
    """
    INSERT INTO live_event (kind, ticket_id, team_id, is_restricted, owner_id, person_ids, data)
    SELECT %(kind)s, t.id, t.team_id, COALESCE(team.is_restricted, false), t.owner_id,
           CASE WHEN %(internal)s::bool THEN '{}'::bigint[] ELSE
                array_append(ARRAY(SELECT p.person_id FROM ticket_person p
                                   WHERE p.ticket_id = t.id AND p.role = 'participant'), t.requester_id) END,
           %(data)s::jsonb
    FROM ticket t LEFT JOIN team ON team.id = t.team_id
    WHERE t.id = %(ticket)s::bigint
    """,
)


def announce(kind: str, ticket_id: int, *, internal: bool = False, **data: Any) -> None:
    """Tell whoever may see the ticket, when this transaction commits; ``internal`` keeps it inside the desk."""
    run(_ANNOUNCE, {"kind": kind, "ticket": ticket_id, "internal": internal, "data": Jsonb(data)})
    waking.notify(waking.LIVE)
