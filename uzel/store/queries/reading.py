"""How far somebody has read, in one statement."""

from functools import cache

from uzel.domain.permissions import Actor
from uzel.store.queries.audience import reader, visible
from uzel.store.queries.ticket_page import WAY, no_ticket
from uzel.store.sql import Query, fetch_one


@cache
def _mark(role: str) -> Query:
    return Query(
        f"mark_read_{role}",
        f"""{WAY}, t AS (
            SELECT t.id FROM ticket t
            WHERE t.id = (SELECT id FROM way ORDER BY cardinality(seen) DESC LIMIT 1) AND {visible(role)}
        ), marked AS (
            INSERT INTO read_mark AS m (person_id, ticket_id, entry_id)
            SELECT %(person)s::bigint, t.id, e.id FROM t JOIN entry e ON e.ticket_id = t.id AND e.id = %(entry)s::bigint
            ON CONFLICT (person_id, ticket_id) DO UPDATE SET entry_id = EXCLUDED.entry_id
            WHERE m.entry_id < EXCLUDED.entry_id
            RETURNING ticket_id)
        SELECT t.id, (SELECT ticket_id FROM marked) AS moved FROM t""",
    )


def mark_read_up_to(number: int, entry_id: int, actor: Actor) -> int | None:
    """The ticket's id when the mark moved on, None when it stood there already. Raises NotFound.

    Marks never move back; an entry of another ticket moves nothing.
    """
    row = fetch_one(_mark(actor.role), reader(actor) | {"number": number, "entry": entry_id})
    if row is None:
        raise no_ticket(number)
    return row["moved"]
