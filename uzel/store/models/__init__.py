"""Every table, by noun. The words are those of product.md."""

from uzel.store.models.access import (
    Account,
    ApiToken,
    AuditRecord,
    IdempotencyRecord,
    OneTimeLink,
    Session,
    Throttle,
    Upload,
)
from uzel.store.models.agents import Agent, Category, Service, Team, TeamMember
from uzel.store.models.channels import Channel, ChannelState, Delivery, Lease
from uzel.store.models.live import LiveEvent, TicketTally, TicketTallyDelta
from uzel.store.models.people import Handle, Organization, Person, PersonMerge, PersonSuggestion
from uzel.store.models.tickets import ReadMark, Ticket, TicketLink, TicketMerge, TicketPerson, TicketSplit
from uzel.store.models.timeline import Attachment, Blob, Dispatch, Entry, Join, Promise, Thread, ThreadKey

__all__ = [
    "Account",
    "Agent",
    "ApiToken",
    "Attachment",
    "AuditRecord",
    "Blob",
    "Category",
    "Channel",
    "ChannelState",
    "Delivery",
    "Dispatch",
    "Entry",
    "Handle",
    "IdempotencyRecord",
    "Join",
    "Lease",
    "LiveEvent",
    "OneTimeLink",
    "Organization",
    "Person",
    "PersonMerge",
    "PersonSuggestion",
    "Promise",
    "ReadMark",
    "Service",
    "Session",
    "Team",
    "TeamMember",
    "Thread",
    "ThreadKey",
    "Throttle",
    "Ticket",
    "TicketLink",
    "TicketMerge",
    "TicketPerson",
    "TicketSplit",
    "TicketTally",
    "TicketTallyDelta",
    "Upload",
]
