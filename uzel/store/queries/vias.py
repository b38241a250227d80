"""By what a ticket's people can be reached."""

from typing import Any

from uzel.store.sql import Query, fetch

_ADDRESSES = Query(
    "via_addresses",
    """
    WITH t AS (SELECT id, requester_id FROM ticket WHERE id = %(ticket)s::bigint),
    last AS (
        SELECT lower(e.meta -> 'from' ->> 'value') AS value FROM entry e JOIN t ON e.ticket_id = t.id
        WHERE e.direction = 'in' AND e.kind = 'message' AND e.person_id = t.requester_id
        ORDER BY e.at DESC, e.id DESC LIMIT 1)
    SELECT h.kind, h.value, CASE WHEN h.shown = '' THEN h.value ELSE h.shown END AS shown, p.name,
           CASE h.proof WHEN 3 THEN 'proven' WHEN 2 THEN 'probable' ELSE 'claimed' END AS proof,
           h.person_id = t.requester_id AS is_requester,
           COALESCE((SELECT last.value IN (h.value, lower(h.shown)) FROM last), false) AS wrote_last
    FROM t JOIN (
        SELECT requester_id AS person_id FROM t
        UNION SELECT tp.person_id FROM ticket_person tp JOIN t ON t.id = tp.ticket_id WHERE tp.role = 'participant'
    ) party ON true
    JOIN handle h ON h.person_id = party.person_id AND h.valid_until IS NULL
    JOIN person p ON p.id = h.person_id
    ORDER BY h.proof DESC, h.id
    """,
)

_CHANNELS = Query(
    "via_channels",
    """
    SELECT c.id, c.kind, c.name, c.last_failure_at IS NULL OR c.last_success_at > c.last_failure_at AS is_working,
           (SELECT e.at FROM entry e WHERE e.ticket_id = %(ticket)s::bigint AND e.channel_id = c.id
              AND e.kind = 'message' AND e.direction = 'in' ORDER BY e.at DESC, e.id DESC LIMIT 1) AS last_used_at
    FROM channel c WHERE c.is_active ORDER BY c.id
    """,
)


def fetch_addresses(ticket_id: int) -> list[dict[str, Any]]:
    """Current handles of the requester and the participants, best proven first."""
    return fetch(_ADDRESSES, {"ticket": ticket_id})


def fetch_channels(ticket_id: int) -> list[dict[str, Any]]:
    """Active channels, with when the person last wrote here by each."""
    return fetch(_CHANNELS, {"ticket": ticket_id})
