"""One item of a timeline with everything that hangs on it."""

import datetime as dt
from typing import Any, Literal

import msgspec

Channel = str  # a channel's kind


class Reason(msgspec.Struct):
    """One ground of a decision. ``points`` is what it added to the score; 0: it ruled or set a limit."""

    code: str
    points: int
    en: str
    ru: str


class Alternative(msgspec.Struct):
    """Another ticket that the entry might belong to."""

    number: str
    subject: str
    score: int


class Join(msgspec.Struct):
    """Why the entry stands in this ticket. ``by_name``: the agent who decided, if one did."""

    id: int
    verdict: Literal["token", "thread", "score", "new", "agent", "event"]
    score: int
    reasons: list[Reason]
    alternatives: list[Alternative]
    by_name: str | None


class Attachment(msgspec.Struct):
    """A file. ``problem`` says why it was not taken in; then there is nothing to download."""

    id: int
    name: str
    content_type: str
    size: int
    is_inline: bool
    content_id: str
    problem: str


class Dispatch(msgspec.Struct):
    """One way out. Outside the desk only the state is told. ``cancel_until``: the reply can be withdrawn until then."""

    id: int
    channel_kind: Channel
    to: str
    state: Literal["queued", "sending", "unsure", "sent", "delivered", "read", "failed", "cancelled"]
    attempts: int
    code: str
    reason: str
    state_at: dt.datetime
    cancel_until: dt.datetime | None


class Entry(msgspec.Struct):
    """A message, note, call or event. ``at`` is when it happened for the person.

    ``meta`` holds what only this kind has: mail addresses, warnings, or an event's ``{code, data}``.
    Outside the desk ``join`` is null and ``meta`` holds only events.
    """

    id: int
    kind: Literal["message", "note", "call", "event"]
    direction: Literal["in", "out", "internal"]
    channel_id: int | None
    channel_kind: Channel
    channel_name: str
    person_id: int | None
    agent_id: int | None
    author_name: str
    subject: str
    text: str
    has_quoted: bool
    has_html: bool
    has_original: bool
    at: dt.datetime
    created_at: dt.datetime
    withdrawn: bool
    meta: dict[str, Any]
    attachments: list[Attachment]
    dispatches: list[Dispatch]
    join: Join | None


class Entries(msgspec.Struct):
    """Entries, the oldest first. ``earlier``: the mark of the page before, or null at the start of the chain."""

    items: list[Entry]
    earlier: str | None


class UndoneJoin(msgspec.Struct):
    """The entry, and the number of the ticket where it stands now."""

    entry: Entry
    number: str
