"""A ticket's page in one statement: head, newest entries, and the way from a merged number to where it went."""

from functools import cache
from typing import Any

import msgspec

from uzel.domain.permissions import Actor
from uzel.kernel.errors import NotFound
from uzel.store.queries.audience import DESK, desk_of, reader, visible
from uzel.store.queries.cursors import page_of, read_cursor
from uzel.store.queries.entry_rows import COLUMNS, READABLE, entry_of, sources
from uzel.store.queries.reasons import explained
from uzel.store.queries.ticket_head import head
from uzel.store.sql import Query, fetch, fetch_one

PAGE = 30

# A number leads through its merges to the ticket that holds the entries now; a circle ends where it began.
WAY = """WITH RECURSIVE way(id, next, seen) AS (
    SELECT id, merged_into_id, ARRAY[id] FROM ticket WHERE id = %(number)s::bigint
    UNION ALL
    SELECT n.id, n.merged_into_id, way.seen || n.id FROM way JOIN ticket n ON n.id = way.next
    WHERE n.id <> ALL (way.seen)
)"""


def _ticket(role: str) -> str:
    return f"""{WAY}, t AS MATERIALIZED (
        SELECT t.*, {DESK[role]} AS is_desk FROM ticket t
        WHERE t.id = (SELECT id FROM way ORDER BY cardinality(seen) DESC LIMIT 1) AND {visible(role)})"""


@cache
def page_query(role: str) -> Query:
    other = desk_of(role, "o")
    return Query(
        f"ticket_page_{role}",
        f"""{_ticket(role)}
        SELECT t.id AS ticket_id, {COLUMNS},
               CASE WHEN COALESCE(e.place, 1) = 1 THEN {head(role)} END AS head
        FROM t LEFT JOIN LATERAL (
            SELECT e.*, row_number() OVER (ORDER BY e.at DESC, e.id DESC) AS place FROM entry e
            WHERE e.ticket_id = t.id AND {READABLE} ORDER BY e.at DESC, e.id DESC LIMIT {PAGE + 1}) e ON true
        {sources(other)} ORDER BY e.at DESC, e.id DESC""",
    )


@cache
def earlier_query(role: str) -> Query:
    return Query(
        f"ticket_entries_{role}",
        f"""{_ticket(role)}
        SELECT t.id AS ticket_id, {COLUMNS} FROM t LEFT JOIN LATERAL (
            SELECT e.* FROM entry e WHERE e.ticket_id = t.id AND {READABLE}
              AND (e.at, e.id) < (%(at)s::timestamptz, %(before)s::bigint)
            ORDER BY e.at DESC, e.id DESC LIMIT {PAGE + 1}) e ON true
        {sources(desk_of(role, "o"))} ORDER BY e.at DESC, e.id DESC""",
    )


@cache
def entry_query(role: str) -> Query:
    return Query(
        f"ticket_entry_{role}",
        f"""WITH t AS MATERIALIZED (
            SELECT t.*, {DESK[role]} AS is_desk FROM ticket t
            WHERE t.id = (SELECT ticket_id FROM entry WHERE id = %(entry)s::bigint) AND {visible(role)})
        SELECT t.id AS ticket_id, {COLUMNS} FROM t JOIN entry e ON e.id = %(entry)s::bigint AND {READABLE}
        {sources(desk_of(role, "o"))}""",
    )


def fetch_page(number: int, actor: Actor) -> tuple[dict[str, Any], list[dict[str, Any]], str | None]:
    """Head, entries (oldest first) and the mark of the page before. Raises NotFound also for what is hidden."""
    rows = fetch(page_query(actor.role), reader(actor) | {"number": number})
    if not rows:
        raise no_ticket(number)
    top = msgspec.json.decode(rows[0]["head"])
    for suggestion in top["suggestions"]:
        suggestion["reasons"] = explained(suggestion["reasons"])
    entries, earlier = _oldest_first(rows)
    return top, entries, earlier


def fetch_earlier(number: int, cursor: str, actor: Actor) -> tuple[list[dict[str, Any]], str | None]:
    place = read_cursor(cursor)
    params = reader(actor) | {"number": number, "at": place.at, "before": place.id}
    rows = fetch(earlier_query(actor.role), params)
    if not rows:
        raise no_ticket(number)
    return _oldest_first(rows)


def fetch_entry(entry_id: int, actor: Actor) -> dict[str, Any]:
    row = fetch_one(entry_query(actor.role), reader(actor) | {"entry": entry_id})
    if row is None:
        raise NotFound("There is no such entry, or you may not see it.", "Такой записи нет, или она вам не видна.")
    del row["ticket_id"]
    return entry_of(row)


def _oldest_first(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str | None]:
    page, earlier = page_of([row for row in rows if row["id"] is not None], PAGE, "at")
    for row in page:
        row.pop("head", None)
        del row["ticket_id"]
    return [entry_of(row) for row in reversed(page)], earlier


def no_ticket(number: int) -> NotFound:
    return NotFound(
        f"There is no ticket U-{number}, or you may not see it. Check the number.",
        f"Обращения U-{number} нет, или оно вам не видно. Проверьте номер.",
    )
