"""A new ticket written down by hand: by an agent for somebody, or by the requester in the portal."""

import datetime as dt
import uuid
from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.utils import timezone

from uzel.channelkit.registry import capabilities
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, Invalid
from uzel.services.files import attach, get_uploads
from uzel.services.labelling import Labels, check_labels
from uzel.services.meeting import NewHandle, find_or_meet
from uzel.services.rights import check_agent
from uzel.services.writing import check_text, find_written, mark_read, one_line
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import NewEntry, add_entry, add_event
from uzel.store.models import Channel, Entry, Person, Ticket

SUBJECT = 250  # characters


class Requester(msgspec.Struct, kw_only=True, frozen=True):
    """A known person, or a name with the handle they were met at."""

    person_id: int | None = None
    name: str = ""
    handle: NewHandle | None = None


class NewTicket(msgspec.Struct, kw_only=True, frozen=True):
    subject: str
    text: str
    labels: Labels = Labels()
    due_at: dt.datetime | None = None
    channel_id: int | None = None  # by what it came; None: written down here
    uploads: Sequence[uuid.UUID] = ()
    client_key: uuid.UUID | None = None


@transaction.atomic
def register_for(requester: Requester, new: NewTicket, *, by: Actor) -> int:
    """An agent writes down what somebody said; gives the ticket's id. Retry-safe by ``client_key``."""
    check_agent(by)
    if requester.person_id is None and requester.handle is None:
        raise Invalid(
            "Say who asks: choose a person, or give a name with an address.",
            "Укажите, кто обратился: выберите человека или введите имя и контакт.",
            fields={"requester": "missing"},
        )
    person = find_or_meet(requester.person_id, requester.name, requester.handle)
    return _register(person, new, by=by)


@transaction.atomic
def register_own(new: NewTicket, *, by: Actor) -> int:
    """The requester asks by themselves; gives the ticket's id. How many are hit is the desk's to judge."""
    labels = msgspec.structs.replace(new.labels, impact=2)
    own = msgspec.structs.replace(new, channel_id=None, labels=labels)
    return _register(Person.objects.get(id=by.person_id), own, by=by)


def _register(person: Person, new: NewTicket, *, by: Actor) -> int:
    written = find_written(new.client_key, person_id=person.id)
    if written is not None:
        return written.ticket_id
    uploads = get_uploads(new.uploads, by=by)
    text = check_text(new.text, has_files=bool(uploads))
    ticket, channel = _open(person, new, by=by)
    entry = add_entry(
        NewEntry(
            ticket_id=ticket.id,
            direction="in",
            text=text,
            subject=ticket.subject,
            channel_id=channel.id,
            channel_kind=channel.kind,
            person_id=person.id,
            meta={} if by.person_id == person.id else {"written_by": by.person_id},
            client_key=new.client_key,
            verdict="new",
            reasons=[WRITTEN_HERE],
        )
    )
    attach(uploads, entry)
    announce_new(ticket, entry, by=by)
    return ticket.id


def announce_new(ticket: Ticket, entry: Entry, *, by: Actor) -> None:
    """The event, the audit record and the news of a ticket that was just opened by hand."""
    Ticket.objects.filter(id=ticket.id).update(digest=entry.text[:1500])
    add_event(ticket.id, "created", agent_id=by.agent_id, person_id=by.person_id, public=True)
    mark_read(ticket.id, entry.id, by=by)
    record(by, "create", "ticket", ticket.id, None, {"requester": ticket.requester_id, "subject": ticket.subject})
    announce("entry", ticket.id, entry_id=entry.id)


def _open(person: Person, new: NewTicket, *, by: Actor) -> tuple[Ticket, Channel]:
    channel = _channel(new.channel_id)
    marks = check_labels(new.labels)
    now = timezone.now()
    ticket = Ticket.objects.create(
        subject=one_line(new.subject)[:SUBJECT] or one_line(new.text)[:80] or "…",
        **marks.columns(),
        language=person.language,
        requester=person,
        organization_id=person.organization_id,
        first_channel=channel.kind,
        due_at=new.due_at,
        created_at=now,
        first_contact_at=now,
        updated_at=now,
        last_entry_at=now,
    )
    return ticket, channel


def _channel(channel_id: int | None) -> Channel:
    if channel_id is not None:
        found = Channel.objects.filter(id=channel_id, is_active=True).first()
        if found is None:
            raise Invalid("There is no such channel.", "Такого канала нет.", fields={"channel_id": "unknown"})
        return found
    return own_channel()


def own_channel() -> Channel:
    """The channel that lives in Uzel itself: what is written there is delivered by being stored."""
    for channel in Channel.objects.filter(is_active=True).order_by("id"):
        if capabilities(channel.kind).internal:
            return channel
    raise Conflict(
        "The portal channel is switched off. An administrator can switch it on under Channels.",
        "Канал портала выключен. Администратор может включить его в разделе «Каналы».",
    )


WRITTEN_HERE = {"code": "written_here", "points": 0, "en": "written down as a new ticket", "ru": "записано как новое"}
