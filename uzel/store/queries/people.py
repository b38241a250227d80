"""Finding people, and one person's card."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from uzel.domain.permissions import Actor
from uzel.kernel.errors import NotFound
from uzel.kernel.handles import normal_email, normal_phone
from uzel.store.queries.audience import DESK, reader
from uzel.store.queries.entry_rows import utc
from uzel.store.queries.reasons import explained
from uzel.store.queries.ticket_head import handles_of, organization_of, suggestions
from uzel.store.sql import Query, fetch, fetch_one

PAGE = 50

_COLUMNS = f"""
    p.id, p.name, {organization_of("p")}::text AS organization, {handles_of("p.id")}::text AS handles,
    EXISTS (SELECT FROM agent a WHERE a.person_id = p.id AND a.is_active) AS is_agent, p.is_provisional,
    (SELECT count(*) FROM ticket t WHERE t.requester_id = p.id AND t.is_open AND {{desk}}) AS open_tickets
"""

_FOUND = f"""p.id IN (
    SELECT n.id FROM person n WHERE n.name ILIKE %(words)s
    UNION SELECT h.person_id FROM handle h WHERE h.valid_until IS NULL
          AND (h.value LIKE %(value)s OR h.value LIKE %(phone)s) LIMIT {PAGE * 20})"""


@cache
def people_query(role: str, searching: bool, more: bool) -> Query:
    conditions = ["p.merged_into_id IS NULL"]
    conditions += [_FOUND] if searching else ["NOT p.is_provisional"]
    conditions += ["p.id < %(before)s::bigint"] if more else []
    name = f"people_{role}" + ("_found" if searching else "") + ("_more" if more else "")
    where = " AND ".join(conditions)
    columns = _COLUMNS.format(desk=DESK[role])
    return Query(name, f"SELECT {columns} FROM person p WHERE {where} ORDER BY p.id DESC LIMIT {PAGE + 1}")


def fetch_people(words: str, before: int | None, actor: Actor) -> list[dict[str, Any]]:
    """Up to ``PAGE`` + 1 people, the newest first; merged cards never, doubtful ones only when searched for."""
    words = words.strip()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    phone = normal_phone(words)
    params = reader(actor) | {
        "before": before,
        "words": f"%{escaped}%",
        "value": f"%{normal_email(escaped) if '@' in words else escaped.lower()}%",
        "phone": f"{phone}%" if phone.startswith("+") else f"%{escaped}%",
    }
    rows = fetch(people_query(actor.role, bool(words), before is not None), params)
    return [_decoded(row, "organization", "handles") for row in rows]


@cache
def profile_query(role: str) -> Query:
    return Query(
        f"person_profile_{role}",
        f"""
        SELECT {_COLUMNS.format(desk=DESK[role])}, p.language, p.time_zone, p.preferred_channel,
            p.quiet_from::text AS quiet_from, p.quiet_until::text AS quiet_until, p.sees_organization,
            p.merged_into_id AS merged_into, p.created_at,
            (SELECT COALESCE(json_agg(json_build_object('id', t.id, 'number', 'U-' || t.id, 'subject', t.subject,
                'status', t.status, 'priority', t.priority, 'last_entry_at', {utc("t.last_entry_at")},
                'owner_name', (SELECT op.name FROM agent o JOIN person op ON op.id = o.person_id
                               WHERE o.id = t.owner_id))), '[]')
             FROM (SELECT t.* FROM ticket t WHERE t.requester_id = p.id AND t.merged_into_id IS NULL AND {DESK[role]}
                   ORDER BY t.last_entry_at DESC, t.id DESC LIMIT 20) t)::text AS tickets,
            {suggestions("p.id IN (s.person_id, s.target_id)", role)}::text AS suggestions,
            (SELECT COALESCE(json_agg(json_build_object('id', m.id, 'loser_id', m.loser_id, 'loser_name', l.name,
                'at', {utc("m.at")}, 'by_name', bp.name) ORDER BY m.id), '[]')
             FROM person_merge m JOIN person l ON l.id = m.loser_id LEFT JOIN agent b ON b.id = m.by_id
             LEFT JOIN person bp ON bp.id = b.person_id
             WHERE m.winner_id = p.id AND m.undone_at IS NULL)::text AS merges
        FROM person p WHERE p.id = %(id)s::bigint""",
    )


def fetch_profile(person_id: int, actor: Actor) -> dict[str, Any]:
    """Raises NotFound."""
    row = fetch_one(profile_query(actor.role), reader(actor) | {"id": person_id})
    if row is None:
        raise NotFound("There is no such person. Search for them again.", "Такого человека нет. Найдите его заново.")
    del row["open_tickets"]
    _decoded(row, "organization", "handles", "tickets", "suggestions", "merges")
    for suggestion in row["suggestions"]:
        suggestion["reasons"] = explained(suggestion["reasons"])
    return row


@cache
def _hidden(role: str) -> Query:
    return Query(
        f"hidden_tickets_{role}",
        f"""SELECT EXISTS (SELECT FROM ticket t WHERE t.requester_id = ANY(%(people)s::bigint[])
            AND NOT COALESCE({DESK[role]}, false)) AS hidden""",
    )


def hides_tickets(people: Sequence[int], actor: Actor) -> bool:
    """Whether any ticket that these people asked for is hidden from the actor."""
    row = fetch_one(_hidden(actor.role), reader(actor) | {"people": list(people)})
    return bool(row and row["hidden"])


def _decoded(row: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        row[name] = msgspec.json.decode(row[name]) if row[name] is not None else None
    return row
