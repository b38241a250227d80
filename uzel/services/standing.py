"""Moving a ticket's status with everything that hangs on it: open or done, the times, the event in the timeline."""

import datetime as dt

from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.domain.statuses import DONE, Mover, Status, is_open, may_move
from uzel.kernel.errors import Conflict, Invalid
from uzel.store.chain import add_event
from uzel.store.models import Ticket


def read_status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError as error:
        names = ", ".join(Status)
        raise Invalid(
            f"There is no status “{text}”. Use one of: {names}.",
            f"Нет состояния «{text}». Есть: {names}.",
            fields={"status": "unknown"},
        ) from error


def check_move(ticket: Ticket, after: Status, mover: Mover) -> None:
    """Raises Conflict for a step that the actor may not make from where the ticket stands."""
    before = Status(ticket.status)
    if before is not after and not may_move(before, after, mover):
        raise Conflict(
            f"The ticket is “{before}” and can't become “{after}” by this. Reload it to see where it stands.",
            f"Обращение в состоянии «{before}», перевести его в «{after}» так нельзя. Обновите страницу.",
        )


def move_status(ticket: Ticket, after: Status, *, by: Actor, code: str = "status") -> None:
    """Set the status on the locked ticket, write its times and say so in the timeline. Same status: nothing."""
    before = Status(ticket.status)
    if before is after:
        return
    set_status(ticket, after, timezone.now())
    ticket.save(update_fields=STATUS_FIELDS)
    add_event(
        ticket.id,
        code,
        agent_id=by.agent_id,
        person_id=by.person_id,
        public=True,
        data={"from": str(before), "to": str(after)},
    )


STATUS_FIELDS = ["status", "is_open", "resolved_at", "closed_at", "confirmed_at"]


def set_status(ticket: Ticket, after: Status, now: dt.datetime) -> None:
    ticket.status, ticket.is_open = str(after), is_open(after)
    if after in DONE:
        ticket.resolved_at = ticket.resolved_at or now
        ticket.closed_at = now if after is Status.CLOSED else None
    else:
        ticket.resolved_at = ticket.closed_at = ticket.confirmed_at = None
