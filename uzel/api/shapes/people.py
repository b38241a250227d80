"""People as the API shows them."""

import datetime as dt
from typing import Literal

import msgspec

from uzel.api.shapes.entries import Reason


class Handle(msgspec.Struct, kw_only=True):
    """One address of a person. ``shown`` as people write it, ``value`` in its normal form."""

    id: int
    kind: str
    value: str
    shown: str
    proof: Literal["claimed", "probable", "proven"]
    evidence: str
    is_shared: bool


class OrganizationName(msgspec.Struct):
    id: int
    name: str


class SuggestedPerson(msgspec.Struct):
    id: int
    name: str
    handles: list[Handle]


class PersonSuggestion(msgspec.Struct, kw_only=True):
    """«This is probably the same person»: decided by an agent. The numbers are the newest open tickets of each."""

    id: int
    person: SuggestedPerson
    target: SuggestedPerson
    score: int
    reasons: list[Reason]
    ticket_number: str | None
    target_ticket_number: str | None


class PersonRow(msgspec.Struct, kw_only=True):
    """One line of the list of people."""

    id: int
    name: str
    organization: OrganizationName | None
    handles: list[Handle]
    is_agent: bool
    is_provisional: bool
    open_tickets: int


class People(msgspec.Struct):
    items: list[PersonRow]
    next: str | None


class PersonTicket(msgspec.Struct, kw_only=True):
    id: int
    number: str
    subject: str
    status: str
    priority: int
    last_entry_at: dt.datetime
    owner_name: str | None


class PersonMergeRow(msgspec.Struct, kw_only=True):
    """A merge that stands; it can be taken back by its id."""

    id: int
    loser_id: int
    loser_name: str
    at: dt.datetime
    by_name: str | None


class PersonProfile(msgspec.Struct, kw_only=True):
    """A person's card: addresses with their proof, the newest 20 tickets the reader may see, what may be the same."""

    id: int
    name: str
    language: str
    time_zone: str
    preferred_channel: str
    quiet_from: str | None
    quiet_until: str | None
    is_provisional: bool
    is_agent: bool
    sees_organization: bool
    organization: OrganizationName | None
    merged_into: int | None
    created_at: dt.datetime
    handles: list[Handle]
    tickets: list[PersonTicket]
    suggestions: list[PersonSuggestion]
    merges: list[PersonMergeRow]


class PersonMergeDone(msgspec.Struct):
    merge_id: int
    person_id: int


class SuggestionAccepted(msgspec.Struct):
    """``ticket_merge_id``: the merge of the two tickets, when that was asked for and there were two."""

    merge_id: int
    person_id: int
    ticket_merge_id: int | None


class SignedOut(msgspec.Struct):
    """How many of each ended."""

    sessions: int
    tokens: int


class PersonBack(msgspec.Struct):
    """The card that stands by itself again."""

    person_id: int
