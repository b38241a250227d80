"""The head of a ticket's page as one JSON value: its own fields, the requester, what was promised, merged, split.

``t`` is the ticket with ``is_desk``. Outside the desk the lists that name other people or tickets are empty.
"""

from uzel.store.queries.audience import desk_of
from uzel.store.queries.entry_rows import utc

HANDLE = """json_build_object('id', h.id, 'kind', h.kind, 'value', h.value,
    'shown', CASE WHEN h.shown = '' THEN h.value ELSE h.shown END,
    'proof', CASE h.proof WHEN 3 THEN 'proven' WHEN 2 THEN 'probable' ELSE 'claimed' END,
    'evidence', h.evidence, 'is_shared', h.is_shared)"""


def handles_of(person: str) -> str:
    return f"""(SELECT COALESCE(json_agg({HANDLE} ORDER BY h.proof DESC, h.id), '[]') FROM handle h
        WHERE h.person_id = {person} AND h.valid_until IS NULL)"""


def organization_of(person: str) -> str:
    return f"""(SELECT json_build_object('id', o.id, 'name', o.name) FROM organization o
        WHERE o.id = {person}.organization_id)"""


def _named_person(person: str) -> str:
    return f"""json_build_object('id', {person}.id, 'name', {person}.name, 'handles', {handles_of(f"{person}.id")})"""


def suggestions(condition: str, role: str, ticket: str = "NULL::bigint") -> str:
    """Open «probably the same person» proposals. The tickets are those newest of each side that the reader serves."""
    newest = """(SELECT 'U-' || n.id FROM ticket n WHERE n.requester_id = {0} AND n.is_open AND {seen} {1}
        ORDER BY n.last_entry_at DESC, n.id DESC LIMIT 1)"""
    seen = desk_of(role, "n")
    own = newest.format("s.person_id", "", seen=seen)
    other = newest.format("s.target_id", f"AND n.id IS DISTINCT FROM {ticket}", seen=seen)
    return f"""(SELECT COALESCE(json_agg(json_build_object('id', s.id, 'person', {_named_person("a")},
        'target', {_named_person("b")}, 'score', s.score, 'reasons', s.reasons,
        'ticket_number', {own}, 'target_ticket_number', {other}) ORDER BY s.score DESC, s.id), '[]')
        FROM person_suggestion s JOIN person a ON a.id = s.person_id JOIN person b ON b.id = s.target_id
        WHERE s.state = 'open' AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL AND {condition})"""


_REQUESTER = f"""
    json_build_object('id', requester.id, 'name', requester.name,
        'is_provisional', t.is_desk AND requester.is_provisional,
        'language', requester.language, 'time_zone', requester.time_zone,
        'organization', {organization_of("requester")},
        'handles', CASE WHEN t.is_desk OR requester.id = %(person)s::bigint THEN {handles_of("requester.id")}
                   ELSE '[]'::json END,
        'open_tickets', CASE WHEN t.is_desk THEN (
            SELECT COALESCE(json_agg(json_build_object('number', 'U-' || o.id, 'subject', o.subject,
                'status', o.status, 'last_entry_at', {utc("o.last_entry_at")})), '[]')
            FROM (SELECT o.* FROM ticket o WHERE o.requester_id = t.requester_id AND o.is_open AND o.id <> t.id
                  AND ({{other}}) ORDER BY o.last_entry_at DESC, o.id DESC LIMIT 5) o) ELSE '[]'::json END)
"""

_PROMISES = f"""(SELECT COALESCE(json_agg(json_build_object('id', p.id, 'text', p.text, 'due_at', {utc("p.due_at")},
    'made_by_name', m.name, 'state', p.state, 'created_at', {utc("p.created_at")}, 'entry_id', p.entry_id)
    ORDER BY p.id), '[]') FROM promise p JOIN agent ma ON ma.id = p.made_by_id JOIN person m ON m.id = ma.person_id
    WHERE p.ticket_id = t.id)"""

_PARTICIPANTS = """(SELECT COALESCE(json_agg(json_build_object('person_id', p.id, 'name', p.name, 'role', tp.role)
    ORDER BY tp.id), '[]') FROM ticket_person tp JOIN person p ON p.id = tp.person_id
    WHERE tp.ticket_id = t.id AND (t.is_desk OR tp.role = 'participant'))"""

_MERGES = f"""(SELECT COALESCE(json_agg(json_build_object('id', m.id, 'loser', 'U-' || m.loser_id,
    'loser_subject', l.subject, 'at', {utc("m.at")}, 'by_name', p.name) ORDER BY m.id), '[]')
    FROM ticket_merge m JOIN ticket l ON l.id = m.loser_id LEFT JOIN agent a ON a.id = m.by_id
    LEFT JOIN person p ON p.id = a.person_id WHERE t.is_desk AND m.winner_id = t.id AND m.undone_at IS NULL)"""

_SPLITS = f"""(SELECT COALESCE(json_agg(json_build_object('id', s.id, 'target', 'U-' || s.target_id,
    'entry_count', cardinality(s.entry_ids), 'at', {utc("s.at")}) ORDER BY s.id), '[]')
    FROM ticket_split s WHERE t.is_desk AND s.source_id = t.id AND s.undone_at IS NULL)"""

_LINKS = """(SELECT COALESCE(json_agg(json_build_object('kind', k.kind, 'number', 'U-' || o.id, 'subject', o.subject,
    'status', o.status) ORDER BY k.id), '[]') FROM ticket_link k JOIN ticket o ON o.id = k.other_id
    WHERE t.is_desk AND k.ticket_id = t.id AND ({other}))"""


def head(role: str) -> str:
    """``role`` is the reader's: links, open tickets and suggestions name only tickets that they serve."""
    other = desk_of(role, "o")
    return f"""(SELECT row_to_json(h)::text FROM (SELECT
    t.id, 'U-' || t.id AS number, t.subject, t.kind, t.status, t.priority, t.requester_id,
    requester.name AS requester_name, organization.name AS organization_name,
    t.owner_id, owner_person.name AS owner_name,
    t.team_id, team.name_ru AS team_name_ru, team.name_en AS team_name_en,
    service.name_ru AS service_name_ru, service.name_en AS service_name_en, t.channels, t.last_channel,
    t.last_direction, CASE WHEN t.is_desk OR t.last_direction <> 'internal' THEN t.preview ELSE '' END AS preview,
    {utc("t.last_entry_at")} AS last_entry_at, {utc("t.created_at")} AS created_at,
    {utc("t.first_contact_at")} AS first_contact_at, {utc("t.due_at")} AS due_at,
    COALESCE(t.last_entry_id > mark.entry_id, t.last_entry_id IS NOT NULL) AS unread, t.version,
    t.impact, t.urgency, t.category_id, category.name_ru AS category_name_ru, category.name_en AS category_name_en,
    t.service_id, t.organization_id, {utc("t.resolved_at")} AS resolved_at, {utc("t.confirmed_at")} AS confirmed_at,
    {utc("t.closed_at")} AS closed_at, {utc("t.answered_at")} AS answered_at, t.entry_count,
    'U-' || t.merged_into_id AS merged_into, {_REQUESTER.format(other=other)} AS requester,
    {_PARTICIPANTS} AS participants, {_PROMISES} AS promises, {_MERGES} AS merges, {_SPLITS} AS splits,
    {_LINKS.format(other=other)} AS links,
    CASE WHEN t.is_desk THEN {suggestions("t.requester_id IN (s.person_id, s.target_id)", role, "t.id")}
         ELSE '[]'::json END AS suggestions,
    t.is_desk, COALESCE(team.is_restricted, false) AS is_restricted
    FROM person requester
    LEFT JOIN organization ON organization.id = t.organization_id
    LEFT JOIN agent owner ON owner.id = t.owner_id LEFT JOIN person owner_person ON owner_person.id = owner.person_id
    LEFT JOIN team ON team.id = t.team_id LEFT JOIN service ON service.id = t.service_id
    LEFT JOIN category ON category.id = t.category_id
    LEFT JOIN read_mark mark ON mark.ticket_id = t.id AND mark.person_id = %(person)s::bigint
    WHERE requester.id = t.requester_id) h)"""
