"""All that a batch of events needs to know, loaded with one statement per kind of fact."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from uzel.store.sql import Query, fetch, fetch_one

CANDIDATES = 20  # tickets looked at per person, newest first

_LOCK = Query("intake_lock", "SELECT pg_advisory_xact_lock(k) FROM unnest(%(keys)s::bigint[]) AS k")

_HANDLES = Query(
    "intake_handles",
    """
    SELECT h.kind, h.value, h.proof, h.is_shared, p.id AS person_id, p.name, p.organization_id, p.language,
           p.is_provisional, p.time_zone, a.id AS agent_id
    FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS wanted(kind, value)
    JOIN handle h ON h.kind = wanted.kind AND h.value = wanted.value AND h.valid_until IS NULL
    JOIN person p ON p.id = h.person_id
    LEFT JOIN agent a ON a.person_id = p.id AND a.is_active
    """,
)

_THREADS = Query(
    "intake_threads",
    """
    SELECT k.key, k.entry_id, e.ticket_id, e.thread_id, e.external_id, e.person_id, e.subject, e.at,
           ARRAY(SELECT j.ticket_id FROM "join" j WHERE j.entry_id = e.id AND j.undone_at IS NOT NULL) AS left_tickets
    FROM thread_key k JOIN entry e ON e.id = k.entry_id WHERE k.key = ANY(%(keys)s::text[])
    """,
)

# A merged ticket answers with the one it was merged into; the depth guards against a cycle that must not be.
_ROOTS = Query(
    "intake_roots",
    """
    WITH RECURSIVE way(start, id, next, depth) AS (
        SELECT id, id, merged_into_id, 0 FROM ticket WHERE id = ANY(%(ids)s::bigint[])
        UNION ALL
        SELECT way.start, t.id, t.merged_into_id, depth + 1 FROM way JOIN ticket t ON t.id = way.next WHERE depth < 32
    )
    SELECT start, id FROM way WHERE next IS NULL
    """,
)

_TICKET_COLUMNS = """
    t.id, t.subject, t.digest, t.status, t.is_open, t.requester_id, t.organization_id, t.owner_id, t.team_id,
    t.service_id, t.language, t.created_at, t.last_contact_at, t.last_entry_at, t.resolved_at, t.closed_at,
    t.channels, COALESCE(team.is_restricted, false) AS is_restricted,
    ARRAY(SELECT p.person_id FROM ticket_person p WHERE p.ticket_id = t.id AND p.role = 'participant') AS participants
"""

_TICKETS = Query(
    "intake_tickets",
    f"""
    SELECT {_TICKET_COLUMNS} FROM ticket t LEFT JOIN team ON team.id = t.team_id
    WHERE t.merged_into_id IS NULL AND t.id IN (
        SELECT unnest(%(ids)s::bigint[])
        UNION
        SELECT own.id FROM unnest(%(people)s::bigint[]) AS person(id) CROSS JOIN LATERAL (
            SELECT id FROM ticket WHERE requester_id = person.id
            ORDER BY last_entry_at DESC, id DESC LIMIT {CANDIDATES}) own
        UNION
        SELECT part.ticket_id FROM unnest(%(people)s::bigint[]) AS person(id) CROSS JOIN LATERAL (
            SELECT ticket_id FROM ticket_person WHERE person_id = person.id AND role = 'participant'
            ORDER BY ticket_id DESC LIMIT {CANDIDATES}) part
    )
    """,  # noqa: S608 - only constants are put in
)

# Whoever has both of two words of the name, in whatever order and alphabet, or an address named in the text.
_LOOKALIKES = Query(
    "intake_lookalikes",
    f"""
    SELECT p.id, p.name, p.organization_id,
           COALESCE(held.kinds, '{{}}') AS kinds, COALESCE(held.values, '{{}}') AS values,
           COALESCE(held.proofs, '{{}}') AS proofs, COALESCE(o.domains, '{{}}') AS domains
    FROM person p LEFT JOIN organization o ON o.id = p.organization_id
    LEFT JOIN LATERAL (
        SELECT array_agg(kind::text ORDER BY id) AS kinds, array_agg(value ORDER BY id) AS values,
               array_agg(proof ORDER BY id) AS proofs
        FROM handle WHERE person_id = p.id AND valid_until IS NULL) held ON true
    WHERE p.merged_into_id IS NULL AND NOT p.is_provisional AND p.id IN (
        SELECT found.id FROM unnest(%(names)s::text[]) AS wanted(name) CROSS JOIN LATERAL (
            SELECT id FROM person
            WHERE name_parts @> string_to_array(wanted.name, ' ') AND merged_into_id IS NULL AND NOT is_provisional
            LIMIT {CANDIDATES}) found
        UNION
        SELECT h.person_id FROM handle h
        WHERE h.kind IN ('email', 'phone') AND h.value = ANY(%(values)s::text[]) AND h.valid_until IS NULL)
    """,  # noqa: S608 - only constants are put in
)

_ORGANIZATIONS = Query(
    "intake_organizations",
    "SELECT id, domain FROM organization, unnest(domains) AS domain WHERE domains && %(domains)s::text[]",
)

_PACE = Query(
    "intake_pace",
    """
    INSERT INTO throttle (key, count, resets_at)
    SELECT 'intake ' || key, n, now() + interval '1 hour'
    FROM unnest(%(keys)s::text[], %(counts)s::int[]) AS new(key, n)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN throttle.resets_at < now() THEN EXCLUDED.count ELSE throttle.count + EXCLUDED.count END,
        resets_at = CASE WHEN throttle.resets_at < now() THEN EXCLUDED.resets_at ELSE throttle.resets_at END
    RETURNING substr(key, 8) AS key, count
    """,
)

_NUMBERS = Query(
    "intake_numbers",
    """
    SELECT ARRAY(SELECT nextval('person_id_seq') FROM generate_series(1, %(n)s::int)) AS person,
           ARRAY(SELECT nextval('ticket_id_seq') FROM generate_series(1, %(n)s::int)) AS ticket,
           ARRAY(SELECT nextval('thread_id_seq') FROM generate_series(1, %(n)s::int)) AS thread,
           ARRAY(SELECT nextval('entry_id_seq') FROM generate_series(1, 2 * %(n)s::int)) AS entry
    """,
)


class HandleFact(msgspec.Struct, kw_only=True):
    person_id: int
    name: str
    organization_id: int | None
    language: str
    proof: int
    is_shared: bool = False
    is_provisional: bool = False
    agent_id: int | None = None
    time_zone: str = ""


class ThreadFact(msgspec.Struct, kw_only=True):
    entry_id: int
    ticket_id: int
    thread_id: int | None
    external_id: str
    person_id: int | None
    subject: str
    at: dt.datetime
    left_tickets: list[int] = []  # where the entry stood before somebody moved it


class TicketFact(msgspec.Struct, kw_only=True):
    """What the decisions need to know of a ticket; kept current while the batch adds entries."""

    id: int
    subject: str
    digest: str
    status: str
    is_open: bool
    requester_id: int
    organization_id: int | None
    owner_id: int | None
    team_id: int | None
    service_id: int | None
    language: str
    created_at: dt.datetime
    last_contact_at: dt.datetime | None
    last_entry_at: dt.datetime
    resolved_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    channels: list[str]
    is_restricted: bool = False
    participants: list[int] = []


class Lookalike(msgspec.Struct, kw_only=True):
    """Somebody who might be the stranger that wrote; the three lists run in parallel."""

    id: int
    name: str
    organization_id: int | None
    kinds: list[str]
    values: list[str]
    proofs: list[int]
    domains: list[str]


HandleKey = tuple[str, str]


def lock(keys: Iterable[str]) -> None:
    """Hold every key (a sender, a message id) until the transaction ends, so that two workers never take in two
    mails of one new sender, or a mail and its answer, at the same moment. Always in one order: no deadlock."""
    numbers = {int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys}
    if numbers:
        fetch(_LOCK, {"keys": sorted(numbers)})


def load_handles(keys: Sequence[HandleKey]) -> dict[HandleKey, HandleFact]:
    if not keys:
        return {}
    rows = fetch(_HANDLES, {"kinds": [kind for kind, _ in keys], "values": [value for _, value in keys]})
    return {(row.pop("kind"), row.pop("value")): HandleFact(**row) for row in rows}


def load_threads(keys: Sequence[str]) -> dict[str, ThreadFact]:
    if not keys:
        return {}
    return {row.pop("key"): ThreadFact(**row) for row in fetch(_THREADS, {"keys": list(keys)})}


def load_roots(ids: Iterable[int]) -> dict[int, int]:
    """Ticket id → the ticket that its number leads to now. Unknown ids are left out."""
    wanted = list(ids)
    return {row["start"]: row["id"] for row in fetch(_ROOTS, {"ids": wanted})} if wanted else {}


def load_tickets(ids: Iterable[int], people: Iterable[int]) -> dict[int, TicketFact]:
    """Named tickets and the newest of each person, open or not."""
    params = {"ids": list(ids), "people": list(people)}
    if not any(params.values()):
        return {}
    return {row["id"]: TicketFact(**row) for row in fetch(_TICKETS, params)}


def load_lookalikes(names: Sequence[str], values: Sequence[str]) -> list[Lookalike]:
    """``names``: two words of a name in domain.names' form, with a space between."""
    if not names and not values:
        return []
    return [Lookalike(**row) for row in fetch(_LOOKALIKES, {"names": list(names), "values": list(values)})]


def load_organizations(domains: Sequence[str]) -> dict[str, int]:
    if not domains:
        return {}
    return {row["domain"]: row["id"] for row in fetch(_ORGANIZATIONS, {"domains": list(domains)})}


def count_pace(senders: dict[str, int]) -> dict[str, int]:
    """Add to each sender's count of this hour and give the new counts. Keys sorted: two batches never deadlock."""
    if not senders:
        return {}
    keys = sorted(senders)
    rows = fetch(_PACE, {"keys": keys, "counts": [senders[key] for key in keys]})
    return {row["key"]: row["count"] for row in rows}


def take_numbers(n: int) -> dict[str, list[int]]:
    """Ids for up to ``n`` new persons, tickets, threads and twice as many entries."""
    row: dict[str, Any] | None = fetch_one(_NUMBERS, {"n": n})
    assert row is not None
    return row
