"""Lists of tickets: one statement a page, by keyset, the same cost at any size.

State stands as literals in the text and the limit too: a generic plan proves partial indexes only from literals, and
takes an unknown limit for a tenth of the table. Merged tickets are never listed.
"""

from functools import cache
from typing import Any, NamedTuple

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid
from uzel.kernel.handles import normal_email, normal_phone
from uzel.store.queries.audience import DESK, ORGANIZATION, reader
from uzel.store.queries.cursors import page_of, read_cursor
from uzel.store.sql import Query, fetch

DESK_VIEWS = {
    "open": "t.is_open",
    "mine": "t.is_open AND t.owner_id = %(agent)s::bigint",
    "my-teams": "t.is_open",
    "unassigned": "t.is_open AND t.owner_id IS NULL",
    "waiting": "t.is_open AND t.status IN ('waiting_user', 'waiting_others')",
    "due": "t.is_open AND t.due_at IS NOT NULL",
    "all": "t.merged_into_id IS NULL",
    "closed": "NOT t.is_open AND t.merged_into_id IS NULL",
}
# For whoever asked, a solution is not the end: it stands among the open ones until they say that it works.
OWN_VIEWS = {
    "open": "(t.is_open OR t.status = 'resolved') AND t.merged_into_id IS NULL",
    "all": "t.merged_into_id IS NULL",
    "closed": "t.status = 'closed' AND t.merged_into_id IS NULL",
}

FILTERS = {
    "team": "t.team_id = %(team)s::bigint",
    "service": "t.service_id = %(service)s::bigint",
    "requester": "t.requester_id = %(requester)s::bigint",
    "q": """t.id IN (
        SELECT s.id FROM ticket s WHERE s.subject ILIKE %(q)s
        UNION SELECT s.id FROM person p JOIN ticket s ON s.requester_id = p.id WHERE p.name ILIKE %(q)s
        UNION SELECT s.id FROM handle h JOIN ticket s ON s.requester_id = h.person_id
              WHERE h.value = %(q_handle)s AND h.valid_until IS NULL
        UNION SELECT %(q_number)s::bigint)""",
}

_COLUMNS = """
    t.id, 'U-' || t.id AS number, t.subject, t.kind, t.status, t.priority,
    t.requester_id, requester.name AS requester_name, organization.name AS organization_name,
    t.owner_id, owner_person.name AS owner_name, t.team_id, team.name_ru AS team_name_ru, team.name_en AS team_name_en,
    service.name_ru AS service_name_ru, service.name_en AS service_name_en, t.channels,
    {last}, t.created_at, t.first_contact_at, t.due_at,
    COALESCE({last_id} > mark.entry_id, {last_id} IS NOT NULL) AS unread, t.version
"""
_LAST = "t.last_channel, t.last_direction, t.preview, t.last_entry_at"
# What stands on the ticket may describe a note; outside the desk the newest public entry is shown in its place.
_LAST_PUBLIC = """
    COALESCE(pub.channel_kind, t.last_channel) AS last_channel,
    COALESCE(pub.direction, t.last_direction) AS last_direction,
    CASE WHEN t.last_direction = 'internal' THEN COALESCE(left(pub.text, 160), '') ELSE t.preview END AS preview,
    COALESCE(pub.at, t.last_entry_at) AS last_entry_at, t.last_entry_at AS place_at"""

_NAMES = """
    JOIN person requester ON requester.id = t.requester_id
    LEFT JOIN organization ON organization.id = t.organization_id
    LEFT JOIN agent owner ON owner.id = t.owner_id
    LEFT JOIN person owner_person ON owner_person.id = owner.person_id
    LEFT JOIN team ON team.id = t.team_id
    LEFT JOIN service ON service.id = t.service_id
    LEFT JOIN read_mark mark ON mark.ticket_id = t.id AND mark.person_id = %(person)s::bigint
"""
_PUBLIC = """
    LEFT JOIN LATERAL (
        SELECT e.id, e.channel_kind, e.direction, e.text, e.at FROM entry e
        WHERE t.last_direction = 'internal' AND e.ticket_id = t.id AND e.direction <> 'internal'
          AND e.kind <> 'event' AND e.withdrawn_at IS NULL
        ORDER BY e.at DESC, e.id DESC LIMIT 1) pub ON true
"""


class Order(NamedTuple):
    by: str
    after: str


_NEWEST = Order("t.last_entry_at DESC, t.id DESC", "(t.last_entry_at, t.id) < (%(at)s::timestamptz, %(after)s::bigint)")
_DUE = Order("t.due_at, t.id", "(t.due_at, t.id) > (%(at)s::timestamptz, %(after)s::bigint)")


class Wanted(NamedTuple):
    """What a reader asked for. ``limit`` is 1 to 100."""

    view: str = "open"
    filters: dict[str, Any] = {}
    scope: str = "own"
    cursor: str | None = None
    limit: int = 50


@cache
def desk_list(view: str, role: str, filters: tuple[str, ...], more: bool, ahead: int) -> Query:
    order = _DUE if view == "due" else _NEWEST
    parts = [DESK_VIEWS[view], DESK[role], *(FILTERS[name] for name in filters), *([order.after] if more else [])]
    source = _page("ticket t", parts, order, ahead)
    if view == "my-teams":
        each = _page("ticket t", ["t.team_id = mine.id", *parts], order, ahead)
        source = (
            f"SELECT t.* FROM unnest(%(teams)s::bigint[]) AS mine(id) CROSS JOIN LATERAL ({each}) t "
            f"ORDER BY {order.by} LIMIT {ahead}"
        )
    columns = _COLUMNS.format(last=_LAST, last_id="t.last_entry_id")
    name = "_".join(["tickets", view.replace("-", "_"), role, *filters, *(["more"] if more else [])])
    return Query(name, f"SELECT {columns} FROM ({source}) t {_NAMES} ORDER BY {order.by}")


@cache
def own_list(view: str, organization: bool, more: bool, ahead: int) -> Query:
    """The public half: every way in is its own index scan, cut to a page before the ways are united."""
    condition = [OWN_VIEWS[view], *([_NEWEST.after] if more else [])]
    ways = [
        _page("ticket t", ["t.requester_id = %(person)s::bigint", *condition], _NEWEST, ahead),
        _page(
            "ticket_person p JOIN ticket t ON t.id = p.ticket_id",
            ["p.person_id = %(person)s::bigint", "p.role = 'participant'", *condition],
            _NEWEST,
            ahead,
        ),
    ]
    if organization:
        ways.append(_page("ticket t", [ORGANIZATION, *condition], _NEWEST, ahead))
    united = " UNION ALL ".join(f"(SELECT t.id, t.last_entry_at FROM ({way}) t)" for way in ways)
    ids = f"SELECT DISTINCT t.id, t.last_entry_at FROM ({united}) t ORDER BY {_NEWEST.by} LIMIT {ahead}"
    columns = _COLUMNS.format(last=_LAST_PUBLIC, last_id="COALESCE(pub.id, t.last_entry_id)")
    name = "_".join(["tickets_own", view, *(["organization"] if organization else []), *(["more"] if more else [])])
    return Query(
        name, f"SELECT {columns} FROM ({ids}) k JOIN ticket t ON t.id = k.id {_NAMES} {_PUBLIC} ORDER BY {_NEWEST.by}"
    )


def _page(source: str, conditions: list[str], order: Order, ahead: int) -> str:
    where = " AND ".join(f"({condition})" for condition in conditions)
    return f"SELECT t.* FROM {source} WHERE {where} ORDER BY {order.by} LIMIT {ahead}"


def fetch_list(wanted: Wanted, actor: Actor) -> tuple[list[dict[str, Any]], str | None]:
    """One page of TicketRows and the mark of the next one. Raises Invalid for a view that this reader has not."""
    at_desk = actor.agent_id is not None and wanted.scope == "desk"
    _check_view(wanted.view, DESK_VIEWS if at_desk else OWN_VIEWS)
    ahead = 51 if wanted.limit == 50 else 101
    more = wanted.cursor is not None
    params = reader(actor) | wanted.filters
    if wanted.cursor is not None:
        place = read_cursor(wanted.cursor)
        params |= {"at": place.at, "after": place.id}
    if at_desk:
        query = desk_list(wanted.view, actor.role, tuple(sorted(FILTERS.keys() & wanted.filters)), more, ahead)
        return page_of(fetch(query, params), wanted.limit, "due_at" if wanted.view == "due" else "last_entry_at")
    organization = wanted.scope == "organization" and actor.sees_organization
    rows, mark = page_of(fetch(own_list(wanted.view, organization, more, ahead), params), wanted.limit, "place_at")
    for row in rows:
        del row["place_at"]
    return rows, mark


def _check_view(view: str, known: Any) -> None:
    if view not in known:
        names = ", ".join(known)
        raise Invalid(
            f"There is no view “{view}”. Use one of: {names}.",
            f"Нет списка «{view}». Есть: {names}.",
            fields={"view": "unknown"},
        )


def search_filter(words: str) -> dict[str, Any]:
    """What ``q`` looks for: words of the subject, the requester's name or address, the number itself."""
    words = words.strip()
    number = words.upper().removeprefix("U-")
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "q": f"%{escaped}%",
        "q_handle": normal_email(words) if "@" in words else normal_phone(words),
        "q_number": int(number) if number.isdecimal() and len(number) < 16 else 0,
    }
