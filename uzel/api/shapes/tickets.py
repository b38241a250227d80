"""Tickets: the row of a list, the head of a page, the page itself."""

import datetime as dt
from typing import Literal

import msgspec

from uzel.api.shapes.entries import Entry
from uzel.api.shapes.people import Handle, OrganizationName, PersonSuggestion

Status = Literal["new", "open", "waiting_user", "waiting_others", "resolved", "closed"]
Kind = Literal["incident", "request", "question"]


class TicketRow(msgspec.Struct, kw_only=True):
    """One line of a list. ``priority``: 1 critical to 4 low. ``first_contact_at``: the age of the chain."""

    id: int
    number: str
    subject: str
    kind: Kind
    status: Status
    priority: int
    requester_id: int
    requester_name: str
    organization_name: str | None
    owner_id: int | None
    owner_name: str | None
    team_id: int | None
    team_name_ru: str | None
    team_name_en: str | None
    service_name_ru: str | None
    service_name_en: str | None
    channels: list[str]
    last_channel: str
    last_direction: Literal["in", "out", "internal"]
    preview: str
    last_entry_at: dt.datetime
    created_at: dt.datetime
    first_contact_at: dt.datetime
    due_at: dt.datetime | None
    unread: bool
    version: int


class Tickets(msgspec.Struct):
    items: list[TicketRow]
    next: str | None


class Counts(msgspec.Struct):
    """Open tickets that the agent may see. ``due``: past their time, counted up to a hundred."""

    open: int
    mine: int
    my_teams: int
    unassigned: int
    waiting: int
    due: int


class OpenTicket(msgspec.Struct):
    number: str
    subject: str
    status: Status
    last_entry_at: dt.datetime


class Requester(msgspec.Struct, kw_only=True):
    """Who asks. Addresses and other tickets are told to the desk and to the person."""

    id: int
    name: str
    is_provisional: bool
    language: str
    time_zone: str
    organization: OrganizationName | None
    handles: list[Handle]
    open_tickets: list[OpenTicket]


class Participant(msgspec.Struct):
    person_id: int
    name: str
    role: Literal["participant", "watcher"]


class Promise(msgspec.Struct, kw_only=True):
    """What was agreed, by whom, until when, from which entry."""

    id: int
    text: str
    due_at: dt.datetime | None
    made_by_name: str
    state: Literal["open", "kept", "broken", "withdrawn"]
    created_at: dt.datetime
    entry_id: int | None


class Merge(msgspec.Struct):
    """A merge that stands: what it brought here can be taken back by its id."""

    id: int
    loser: str
    loser_subject: str
    at: dt.datetime
    by_name: str | None


class Split(msgspec.Struct):
    id: int
    target: str
    entry_count: int
    at: dt.datetime


class Link(msgspec.Struct):
    kind: str
    number: str
    subject: str
    status: Status


class Can(msgspec.Struct):
    """What the reader may do here."""

    reply: bool
    note: bool
    assign: bool
    edit: bool
    merge: bool
    split: bool
    confirm: bool
    reopen: bool


class Ticket(TicketRow, kw_only=True):
    """A ticket's head. ``impact`` and ``urgency``: 1 high to 3 low."""

    impact: int
    urgency: int
    category_id: int | None
    category_name_ru: str | None
    category_name_en: str | None
    service_id: int | None
    organization_id: int | None
    resolved_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    closed_at: dt.datetime | None
    answered_at: dt.datetime | None
    entry_count: int
    merged_into: str | None
    requester: Requester
    participants: list[Participant]
    promises: list[Promise]
    merges: list[Merge]
    splits: list[Split]
    links: list[Link]
    suggestions: list[PersonSuggestion]
    can: Can


class TicketPage(msgspec.Struct, kw_only=True):
    """The newest 30 entries, the oldest first. ``redirected_from``: the merged number that was asked for."""

    ticket: Ticket
    entries: list[Entry]
    earlier: str | None
    redirected_from: str | None = None


class MergeDone(msgspec.Struct):
    merge_id: int
    ticket: TicketPage


class SplitDone(msgspec.Struct):
    """``ticket``: the page of the new ticket."""

    split_id: int
    ticket: TicketPage


class Via(msgspec.Struct, kw_only=True):
    """One way to reach the requester. ``max_text``, ``max_file`` (bytes): 0 is no limit, and no files."""

    channel_id: int
    channel_kind: str
    channel_name: str
    to: str
    to_shown: str
    proof: Literal["claimed", "probable", "proven"]
    rich_text: bool
    max_text: int
    max_file: int
    ok: bool
    why_en: str | None
    why_ru: str | None
    is_default: bool


class Vias(msgspec.Struct):
    items: list[Via]
