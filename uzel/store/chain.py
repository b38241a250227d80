"""The one chain of a ticket: putting entries in, moving them between tickets, keeping the list fields true.

Every entry stands in one ticket with one standing Join that names the same ticket. Callers hold the locks of the
tickets (``store.reach``) and the transaction.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import msgspec

from uzel.store.models import Entry, Join
from uzel.store.sql import Query, fetch, run

_PREVIEW = "left(btrim(regexp_replace({0}, '\\s+', ' ', 'g')), 160)"

# What Uzel itself answered by rule is counted, but the list shows what people said.
_SHOWN = "e.kind <> 'event' AND e.withdrawn_at IS NULL AND NOT (e.direction = 'out' AND e.meta ? 'automatic')"

_GROW = Query(
    "chain_grow",
    f"""
    UPDATE ticket t SET
        last_entry_id = e.id, last_entry_at = GREATEST(t.last_entry_at, e.at), last_direction = e.direction,
        last_channel = CASE WHEN e.channel_kind = '' THEN t.last_channel ELSE e.channel_kind END,
        preview = {_PREVIEW.format("e.text")}, entry_count = t.entry_count + 1,
        last_contact_at = CASE WHEN e.direction = 'in' THEN e.at ELSE t.last_contact_at END,
        channels = CASE WHEN e.channel_kind = '' OR e.channel_kind = ANY(t.channels)
                        THEN t.channels ELSE t.channels || e.channel_kind::text END,
        version = t.version + 1, updated_at = now()
    FROM entry e WHERE e.id = %(entry)s::bigint AND t.id = e.ticket_id
    """,
)

_TOUCH = Query(
    "chain_touch",
    "UPDATE ticket SET version = version + 1, updated_at = now() WHERE id = %(ticket)s::bigint",
)

_REFRESH = Query(
    "chain_refresh",
    f"""
    UPDATE ticket t SET
        last_entry_id = n.id, last_entry_at = COALESCE(n.at, t.created_at),
        last_direction = COALESCE(n.direction, 'internal'),
        last_channel = COALESCE(c.last_channel, ''), preview = COALESCE({_PREVIEW.format("n.text")}, ''),
        last_contact_at = c.last_contact_at, entry_count = c.entries, channels = c.channels,
        version = t.version + 1, updated_at = now()
    FROM unnest(%(tickets)s::bigint[]) AS k(id)
    LEFT JOIN LATERAL (
        SELECT e.* FROM entry e WHERE e.ticket_id = k.id AND {_SHOWN} ORDER BY e.at DESC, e.id DESC LIMIT 1) n ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS entries, max(e.at) FILTER (WHERE e.direction = 'in') AS last_contact_at,
               (SELECT l.channel_kind FROM entry l WHERE l.ticket_id = k.id AND l.channel_kind <> ''
                  AND l.kind <> 'event' AND l.withdrawn_at IS NULL
                  ORDER BY l.at DESC, l.id DESC LIMIT 1) AS last_channel,
               ARRAY(SELECT f.channel_kind FROM entry f WHERE f.ticket_id = k.id AND f.channel_kind <> ''
                  AND f.kind <> 'event' GROUP BY f.channel_kind ORDER BY min(f.at), min(f.id)) AS channels
        FROM entry e WHERE e.ticket_id = k.id AND e.kind <> 'event') c
    WHERE t.id = k.id
    """,
)

_RETARGET = Query(
    "chain_retarget",
    """
    WITH moved AS (
        UPDATE entry SET ticket_id = %(to)s::bigint
        WHERE ticket_id = %(source)s::bigint AND (%(entries)s::bigint[] IS NULL OR id = ANY(%(entries)s::bigint[]))
        RETURNING id
    ), standing AS (
        UPDATE "join" j SET ticket_id = %(to)s::bigint FROM moved WHERE j.entry_id = moved.id AND j.undone_at IS NULL
    )
    SELECT id FROM moved ORDER BY id
    """,
)

_UNJOIN = Query(
    "chain_unjoin",
    """
    UPDATE "join" SET undone_at = now(), undone_by_id = %(by)s::bigint
    WHERE entry_id = ANY(%(entries)s::bigint[]) AND undone_at IS NULL RETURNING id, entry_id, ticket_id
    """,
)

_REVIVE = Query(
    "chain_revive",
    """
    UPDATE "join" j SET undone_at = NULL, undone_by_id = NULL, ticket_id = %(to)s::bigint
    FROM unnest(%(joins)s::bigint[]) AS k(id) WHERE j.id = k.id
    """,
)


class NewEntry(msgspec.Struct, kw_only=True):
    """What is to be put into a timeline. ``at`` None: now. ``verdict`` and ``reasons`` make its Join."""

    ticket_id: int
    kind: str = "message"
    direction: str = "internal"
    text: str = ""
    html: str = ""
    subject: str = ""
    channel_id: int | None = None
    channel_kind: str = ""
    person_id: int | None = None
    agent_id: int | None = None
    meta: dict[str, Any] = {}
    client_key: uuid.UUID | None = None
    at: dt.datetime | None = None
    verdict: str = "agent"
    reasons: list[dict[str, Any]] = []


def add_entry(new: NewEntry) -> Entry:
    """Write the entry with its Join and bring the ticket's list fields up to it. Events only raise the version."""
    values = msgspec.structs.asdict(new)
    verdict, reasons, at = values.pop("verdict"), values.pop("reasons"), values.pop("at")
    entry = Entry.objects.create(**values, **({"at": at} if at else {}))
    Join.objects.create(entry=entry, ticket_id=new.ticket_id, verdict=verdict, reasons=reasons, by_id=new.agent_id)
    if new.kind == "event":
        run(_TOUCH, {"ticket": new.ticket_id})
    else:
        run(_GROW, {"entry": entry.id})
    return entry


def add_event(
    ticket_id: int,
    code: str,
    *,
    agent_id: int | None = None,
    person_id: int | None = None,
    public: bool = False,
    data: dict[str, Any] | None = None,
) -> Entry:
    """Note in the timeline what was done. ``public``: the requester may read it too."""
    return add_entry(
        NewEntry(
            ticket_id=ticket_id,
            kind="event",
            direction="internal" if not public else "in" if agent_id is None and person_id else "out",
            agent_id=agent_id,
            person_id=person_id,
            meta={"event": {"code": code, "data": data or {}}},
            verdict="event",
        )
    )


def refresh_tickets(ids: Collection[int]) -> None:
    """Work out the list fields anew from the entries that stand in these tickets."""
    run(_REFRESH, {"tickets": sorted(set(ids))})


def retarget(source: int, to: int, entries: Collection[int] | None = None) -> list[int]:
    """Move entries (None: all) with their standing Joins; gives the ids of those that stood in ``source``."""
    params = {"source": source, "to": to, "entries": None if entries is None else sorted(entries)}
    return [row["id"] for row in fetch(_RETARGET, params)]


def rejoin(entries: Collection[int], to: int, *, agent_id: int | None, reason: dict[str, Any]) -> None:
    """Move entries by a decision of their own: a new Join each, which remembers the one it replaced."""
    replaced = fetch(_UNJOIN, {"entries": sorted(entries), "by": agent_id})
    Entry.objects.filter(id__in=list(entries)).update(ticket_id=to)
    Join.objects.bulk_create(
        Join(
            entry_id=row["entry_id"],
            ticket_id=to,
            verdict="agent",
            by_id=agent_id,
            reasons=[{**reason, "previous": row["id"], "from": row["ticket_id"]}],
        )
        for row in sorted(replaced, key=lambda row: row["entry_id"])
    )


def previous_join(join: Join) -> Join | None:
    """The Join that this one replaced, if an agent moved the entry."""
    ids = [reason["previous"] for reason in join.reasons if "previous" in reason]
    return Join.objects.filter(id=ids[0], entry_id=join.entry_id).first() if ids else None


def revive(joins: Collection[Join], to: int, *, agent_id: int | None) -> None:
    """Put entries back under the Joins that stood before, in the ticket ``to``."""
    entries = sorted(join.entry_id for join in joins)
    fetch(_UNJOIN, {"entries": entries, "by": agent_id})
    Entry.objects.filter(id__in=entries).update(ticket_id=to)
    run(_REVIVE, {"joins": sorted(join.id for join in joins), "to": to})


def touch(ticket_id: int) -> None:
    """Raise the version: something about the ticket changed that is no entry."""
    run(_TOUCH, {"ticket": ticket_id})
