"""The person's own words, written in the portal: they join the ticket and may reopen it."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import Status, after_inbound, within_reopening
from uzel.services.files import attach, get_uploads
from uzel.services.registering import NewTicket, own_channel, register_own
from uzel.services.rights import check_may
from uzel.services.standing import move_status
from uzel.services.writing import check_text, find_written, mark_read
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import NewEntry, add_entry
from uzel.store.models import Entry, Ticket, TicketLink
from uzel.store.reach import get_ticket


@transaction.atomic
def ask(
    number: int, text: str, *, uploads: Sequence[uuid.UUID] = (), client_key: uuid.UUID | None = None, by: Actor
) -> int:
    """Write to those who serve; gives the id of the entry.

    A ticket that was done goes back to work; long after that a new ticket follows it instead.
    """
    reached = get_ticket(number, by)
    check_may(reached, Action.REPLY, by)
    written = find_written(client_key, person_id=by.person_id)
    if written is not None:
        return written.id
    ticket = reached.ticket
    if not within_reopening(ticket.closed_at or ticket.resolved_at, timezone.now()):
        return _follow(ticket, text, uploads, client_key, by=by)
    entry = write_in(ticket, text, uploads, client_key, by=by)
    move_status(
        ticket, after_inbound(Status(ticket.status)), by=by, code="reopened" if not ticket.is_open else "status"
    )
    announce("entry", ticket.id, entry_id=entry.id)
    return entry.id


def write_in(
    ticket: Ticket, text: str, uploads: Sequence[uuid.UUID], client_key: uuid.UUID | None, *, by: Actor
) -> Entry:
    """Put the person's message into the locked ticket."""
    files = get_uploads(uploads, by=by)
    channel = own_channel()
    entry = add_entry(
        NewEntry(
            ticket_id=ticket.id,
            direction="in",
            text=check_text(text, has_files=bool(files)),
            channel_id=channel.id,
            channel_kind=channel.kind,
            person_id=by.person_id,
            client_key=client_key,
            verdict="token",
            reasons=[WRITTEN_IN_IT],
        )
    )
    attach(files, entry)
    mark_read(ticket.id, entry.id, by=by)
    record(by, "write", "ticket", ticket.id, None, {"entry": entry.id})
    return entry


def _follow(ticket: Ticket, text: str, uploads: Sequence[uuid.UUID], client_key: uuid.UUID | None, *, by: Actor) -> int:
    new = NewTicket(subject=ticket.subject, text=text, uploads=uploads, client_key=client_key)
    new_id = register_own(new, by=by)
    TicketLink.objects.get_or_create(ticket_id=new_id, other=ticket, kind="follows")
    return Entry.objects.values_list("id", flat=True).get(ticket_id=new_id, kind="message")


WRITTEN_IN_IT = {
    "code": "written_in_it",
    "points": 0,
    "en": "written on this ticket's own page",
    "ru": "написано на странице этого обращения",
}
