"""Entries as the API shows them, in SQL: lists arrive as finished JSON, so no row costs Python anything.

``t`` is the ticket with ``is_desk``; ``e`` the entry. Outside the desk there are no notes, internal events, joins,
addresses of others, or reasons of a failed dispatch.
"""

from typing import Any

import msgspec

from uzel.store.queries.reasons import explained


def utc(column: str) -> str:
    """RFC 3339 with Z inside JSON that the database builds."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


READABLE = "(t.is_desk OR (e.kind <> 'note' AND e.direction <> 'internal' AND e.withdrawn_at IS NULL))"

_ATTACHMENTS = """
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('id', a.id, 'name', a.name, 'content_type', a.content_type, 'size', a.size,
            'is_inline', a.is_inline, 'content_id', a.content_id, 'problem', a.problem) ORDER BY a.id)::text AS list
        FROM attachment a WHERE a.entry_id = e.id) files ON true
"""
_DISPATCHES = f"""
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object('id', d.id, 'channel_kind', c.kind, 'state', d.state,
            'to', CASE WHEN t.is_desk THEN d.to_value ELSE '' END,
            'attempts', CASE WHEN t.is_desk THEN d.attempts ELSE 0 END,
            'code', CASE WHEN t.is_desk THEN d.code ELSE '' END,
            'reason', CASE WHEN t.is_desk THEN d.reason ELSE '' END,
            'state_at', {utc("d.state_at")},
            'cancel_until', CASE WHEN t.is_desk AND d.state = 'queued' AND d.attempts = 0 AND d.next_at > now()
                AND NOT d.is_automatic THEN {utc("d.next_at")} END) ORDER BY d.id)::text AS list
        FROM dispatch d JOIN channel c ON c.id = d.channel_id
        WHERE e.direction = 'out' AND d.entry_id = e.id) sent ON true
"""
_JOIN = """
    LEFT JOIN LATERAL (
        SELECT json_build_object('id', j.id, 'verdict', j.verdict, 'score', j.score, 'reasons', j.reasons,
            'by_name', (SELECT p.name FROM agent a JOIN person p ON p.id = a.person_id WHERE a.id = j.by_id),
            'alternatives', (
                SELECT COALESCE(json_agg(json_build_object('number', 'U-' || o.id, 'subject', o.subject,
                    'score', (alternative ->> 'score')::int)), '[]')
                FROM jsonb_array_elements(j.alternatives) alternative
                JOIN ticket o ON o.id = (alternative ->> 'ticket')::bigint AND ({other})))::text AS made
        FROM "join" j WHERE t.is_desk AND j.entry_id = e.id AND j.undone_at IS NULL) why ON true
"""

COLUMNS = """
    e.id, e.kind, e.direction, e.channel_id, e.channel_kind, COALESCE(channel.name, '') AS channel_name,
    e.person_id, e.agent_id, COALESCE(agent_person.name, person.name, '') AS author_name, e.subject, e.text,
    e.quoted <> '' AS has_quoted, e.html <> '' AS has_html, t.is_desk AND e.delivery_id IS NOT NULL AS has_original,
    e.at, e.created_at, e.withdrawn_at IS NOT NULL AS withdrawn,
    CASE WHEN t.is_desk THEN e.meta WHEN e.kind = 'event' THEN jsonb_build_object('event', e.meta -> 'event')
         ELSE '{}' END::text AS meta,
    COALESCE(files.list, '[]') AS attachments, COALESCE(sent.list, '[]') AS dispatches,
    COALESCE(why.made, 'null') AS "join"
"""


def sources(other: str) -> str:
    """``other``: may the reader see another ticket ``o``, which the entry might belong to as well."""
    return f"""
    LEFT JOIN channel ON channel.id = e.channel_id
    LEFT JOIN person ON person.id = e.person_id
    LEFT JOIN agent ON agent.id = e.agent_id
    LEFT JOIN person agent_person ON agent_person.id = agent.person_id
    {_ATTACHMENTS} {_DISPATCHES} {_JOIN.format(other=other)}
"""


_FINISHED = ("meta", "attachments", "dispatches")


def entry_of(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it goes out: what the database finished is passed on unread, reasons are put into words."""
    for name in _FINISHED:
        row[name] = msgspec.Raw(row[name].encode())
    join = msgspec.json.decode(row["join"])
    if join is not None:
        join["reasons"] = explained(join["reasons"])
    row["join"] = join
    return row
