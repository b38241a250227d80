"""An agent's answer to the person, through a channel that reaches them."""

import uuid
from collections.abc import Sequence

import msgspec
from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import Mover, Status, after_reply
from uzel.services.assigning import take_when_free
from uzel.services.files import attach, check_files, get_uploads
from uzel.services.reaching import UNDO, Way, find_way
from uzel.services.rights import check_agent, check_may
from uzel.services.solving import mark_solution
from uzel.services.standing import check_move, move_status, read_status
from uzel.services.writing import MOST_TEXT, check_text, find_written, mark_read
from uzel.store import outbox
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import NewEntry, add_entry
from uzel.store.models import Entry, Ticket
from uzel.store.reach import get_ticket


class Reply(msgspec.Struct, kw_only=True, frozen=True):
    """``channel_id`` None: where the person is reached by default. ``to`` and ``cc`` are values of current handles."""

    text: str
    html: str = ""
    channel_id: int | None = None
    to: str = ""
    cc: Sequence[str] = ()
    status_after: str | None = None
    uploads: Sequence[uuid.UUID] = ()
    client_key: uuid.UUID | None = None


@transaction.atomic
def reply(number: int, message: Reply, *, by: Actor) -> int:
    """Answer; gives the id of the entry. It leaves after ``UNDO``; until then it can be withdrawn.

    Raises: NotFound, Forbidden; Invalid for a handle that is not the person's current one; Conflict for a status
    that the ticket can't move to. Retry-safe by ``client_key``.
    """
    check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.REPLY, by)
    written = find_written(message.client_key, person_id=by.person_id)
    if written is not None:
        return written.id
    ticket = reached.ticket
    way = find_way(ticket, message.channel_id, message.to, message.cc)
    uploads = get_uploads(message.uploads, by=by)
    check_files(uploads, way.limits)
    text = check_text(message.text, has_files=bool(uploads), limit=way.limits.max_text or MOST_TEXT)
    entry = add_entry(_entry(ticket, way, text, message, by))
    attach(uploads, entry)
    for value, name in [] if way.limits.internal else way.receivers:
        outbox.queue(entry, way.channel_id, value, to_name=name, delay=UNDO)
    take_when_free(ticket, by=by)
    _answered(ticket, entry, message.status_after, by=by)
    mark_read(ticket.id, entry.id, by=by)
    record(by, "reply", "ticket", ticket.id, None, {"entry": entry.id, "channel": way.channel_id})
    announce("entry", ticket.id, entry_id=entry.id)
    return entry.id


def _entry(ticket: Ticket, way: Way, text: str, message: Reply, by: Actor) -> NewEntry:
    subject = ticket.subject if ticket.subject.lower().startswith("re:") else f"Re: {ticket.subject}"
    return NewEntry(
        ticket_id=ticket.id,
        direction="out",
        text=text,
        html=message.html,
        subject=subject if way.limits.subject else "",
        channel_id=way.channel_id,
        channel_kind=way.channel_kind,
        person_id=by.person_id,
        agent_id=by.agent_id,
        meta=_addressed(way),
        client_key=message.client_key,
    )


def _addressed(way: Way) -> dict[str, list[str]]:
    values = [value for value, _ in way.receivers]
    return {"to": values[:1], "cc": values[1:]} if values else {}


def _answered(ticket: Ticket, entry: Entry, status_after: str | None, *, by: Actor) -> None:
    if ticket.answered_at is None:
        ticket.answered_at = entry.at
        ticket.save(update_fields=["answered_at"])
    if status_after is not None:
        after = read_status(status_after)
        check_move(ticket, after, Mover.AGENT)
    else:
        after = after_reply(Status(ticket.status), asks=True)
    if after is Status.RESOLVED:
        mark_solution(entry)
    move_status(ticket, after, by=by)
