"""The requester says whether the problem is solved."""

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import DONE, Mover, Status, may_confirm
from uzel.kernel.errors import Conflict
from uzel.services.asking import write_in
from uzel.services.rights import check_may, is_theirs
from uzel.services.standing import check_move, move_status
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.models import Ticket
from uzel.store.reach import get_ticket


@transaction.atomic
def confirm(number: int, *, comment: str = "", by: Actor) -> int:
    """The solution works: the ticket closes; gives its id. Said again, it changes nothing."""
    reached = get_ticket(number, by)
    ticket = reached.ticket
    check_may(reached, Action.CONFIRM, by)
    if ticket.confirmed_at is not None:
        return ticket.id
    if not may_confirm(status=Status(ticket.status), is_requester=True, is_participant=True, proven=True):
        raise Conflict(
            "There is no solution to confirm yet. Write in the ticket if it works by now.",
            "Решения, которое можно подтвердить, ещё нет. Если всё уже работает, напишите об этом.",
        )
    if comment.strip():
        write_in(ticket, comment, (), None, by=by)
    move_status(ticket, Status.CLOSED, by=by, code="confirmed")
    Ticket.objects.filter(id=ticket.id).update(confirmed_at=timezone.now())
    record(by, "confirm", "ticket", ticket.id, None, None)
    announce("ticket", ticket.id)
    return ticket.id


@transaction.atomic
def reopen(number: int, *, text: str = "", by: Actor) -> int:
    """It does not work after all: back to the same owner; gives the ticket's id."""
    reached = get_ticket(number, by)
    ticket = reached.ticket
    check_may(reached, Action.REOPEN, by)
    if Status(ticket.status) not in DONE:
        raise Conflict(
            "The ticket is in work already. Write in it what is wrong.",
            "Обращение уже в работе. Напишите в нём, что не так.",
        )
    check_move(ticket, Status.OPEN, Mover.AGENT if reached.is_desk else Mover.REQUESTER)
    if text.strip() and is_theirs(reached, by):
        write_in(ticket, text, (), None, by=by)
    move_status(ticket, Status.OPEN, by=by, code="reopened")
    record(by, "reopen", "ticket", ticket.id, None, None)
    announce("ticket", ticket.id)
    return ticket.id
