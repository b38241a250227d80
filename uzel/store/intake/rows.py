"""Rows on their way into the database. Field names are column names; a batch becomes one statement per table.

PostgreSQL itself turns the JSON into rows (``json_populate_recordset``), which costs the application a tenth of
binding parameters row by row.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import msgspec

from uzel.store.sql import Query, run


class Row(msgspec.Struct, kw_only=True):
    """One row to be inserted. ``TABLE`` names the table, ``CONFLICT`` what to do with a row that stands already."""

    TABLE: ClassVar[str]
    CONFLICT: ClassVar[str] = ""


class PersonRow(Row, kw_only=True):
    TABLE = "person"
    id: int
    name: str
    name_parts: list[str]
    organization_id: int | None
    language: str
    is_provisional: bool = False
    time_zone: str = ""
    preferred_channel: str = ""
    sees_organization: bool = False
    created_at: dt.datetime


class HandleRow(Row, kw_only=True):
    TABLE = "handle"
    person_id: int
    kind: str
    value: str
    shown: str
    proof: int
    evidence: str
    is_shared: bool = False
    valid_from: dt.datetime


class SuggestionRow(Row, kw_only=True):
    TABLE = "person_suggestion"
    CONFLICT = "ON CONFLICT (person_id, target_id) DO NOTHING"
    person_id: int
    target_id: int
    score: int
    reasons: list[Any]
    state: str = "open"
    created_at: dt.datetime


class TicketRow(Row, kw_only=True):
    TABLE = "ticket"
    id: int
    subject: str
    kind: str
    status: str = "new"
    is_open: bool = True
    impact: int
    urgency: int
    priority: int
    language: str
    requester_id: int
    organization_id: int | None
    owner_id: int | None
    team_id: int | None
    service_id: int | None
    category_id: int | None
    first_channel: str
    channels: list[str]
    due_at: dt.datetime | None
    created_at: dt.datetime
    first_contact_at: dt.datetime
    updated_at: dt.datetime
    last_entry_id: int = 0
    last_entry_at: dt.datetime
    last_direction: str = "in"
    last_channel: str
    last_contact_at: dt.datetime
    preview: str
    digest: str
    entry_count: int = 0
    version: int = 1


class TicketPersonRow(Row, kw_only=True):
    TABLE = "ticket_person"
    CONFLICT = "ON CONFLICT (ticket_id, person_id, role) DO NOTHING"
    ticket_id: int
    person_id: int
    role: str
    since: dt.datetime


class TicketLinkRow(Row, kw_only=True):
    TABLE = "ticket_link"
    CONFLICT = "ON CONFLICT (ticket_id, other_id, kind) DO NOTHING"
    ticket_id: int
    other_id: int
    kind: str


class ThreadRow(Row, kw_only=True):
    TABLE = "thread"
    id: int
    channel_id: int
    ticket_id: int
    person_id: int | None
    created_at: dt.datetime


class EntryRow(Row, kw_only=True):
    TABLE = "entry"
    id: int
    ticket_id: int
    thread_id: int | None
    kind: str
    direction: str
    channel_id: int | None
    channel_kind: str
    person_id: int | None
    agent_id: int | None = None
    subject: str = ""
    text: str = ""
    quoted: str = ""
    html: str = ""
    meta: dict[str, Any] = {}
    external_id: str = ""
    delivery_id: int | None = None
    at: dt.datetime
    created_at: dt.datetime


class JoinRow(Row, kw_only=True):
    TABLE = '"join"'
    entry_id: int
    ticket_id: int
    verdict: str
    score: int
    reasons: list[Any]
    alternatives: list[Any]
    at: dt.datetime


class ThreadKeyRow(Row, kw_only=True):
    TABLE = "thread_key"
    CONFLICT = "ON CONFLICT (key) DO NOTHING"
    key: str
    entry_id: int


class BlobRow(Row, kw_only=True):
    TABLE = "blob"
    CONFLICT = "ON CONFLICT (hash) DO NOTHING"
    hash: str
    size: int
    created_at: dt.datetime


class AttachmentRow(Row, kw_only=True):
    TABLE = "attachment"
    entry_id: int
    blob_hash: str | None
    name: str
    content_type: str
    size: int
    content_id: str
    is_inline: bool
    problem: str


class DispatchRow(Row, kw_only=True):
    TABLE = "dispatch"
    entry_id: int
    channel_id: int
    to_value: str
    to_name: str
    state: str = "queued"
    attempts: int = 0
    next_at: dt.datetime
    provider_id: str = ""
    code: str = ""
    reason: str = ""
    is_automatic: bool = True
    created_at: dt.datetime
    state_at: dt.datetime


class LiveEventRow(Row, kw_only=True):
    TABLE = "live_event"
    at: dt.datetime
    kind: str
    ticket_id: int
    team_id: int | None
    is_restricted: bool
    owner_id: int | None
    person_ids: list[int]
    data: dict[str, Any]


# Parents before children: the order in which a unit writes.
ORDER: tuple[type[Row], ...] = (
    PersonRow,
    HandleRow,
    SuggestionRow,
    TicketRow,
    TicketPersonRow,
    TicketLinkRow,
    ThreadRow,
    EntryRow,
    JoinRow,
    ThreadKeyRow,
    BlobRow,
    AttachmentRow,
    DispatchRow,
    LiveEventRow,
)

encode = msgspec.json.Encoder().encode


def insert(rows: Sequence[Row]) -> None:
    """Write rows of one kind with one statement.

    Where another worker may write the same row, all write in one order: each waits for the other at most once.
    """
    if rows:
        if type(rows[0]).CONFLICT:
            rows = sorted(rows, key=encode)
        run(_statement(type(rows[0])), {"rows": encode(rows).decode()})


@cache
def _statement(kind: type[Row]) -> Query:
    columns = ", ".join(kind.__struct_fields__)
    return Query(
        f"insert_{kind.TABLE.strip(chr(34))}",
        f"INSERT INTO {kind.TABLE} ({columns}) "  # noqa: S608 - names from the classes above
        f"SELECT {columns} FROM json_populate_recordset(NULL::{kind.TABLE}, %(rows)s::json) {kind.CONFLICT}",
    )
