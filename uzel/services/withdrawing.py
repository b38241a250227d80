"""Taking back a reply that has not left yet."""

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Conflict, Forbidden
from uzel.services.rights import check_may
from uzel.store import outbox
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event, refresh_tickets
from uzel.store.models import Dispatch, Entry, Ticket
from uzel.store.reach import get_entry


@transaction.atomic
def withdraw(entry_id: int, *, by: Actor) -> int:
    """Stop the reply from leaving; gives its id. Raises Conflict once any of it is on its way."""
    entry, reached = get_entry(entry_id, by)
    check_may(reached, Action.NOTE, by)
    _check_author(entry, by)
    if entry.withdrawn_at is not None:
        return entry.id
    if not Dispatch.objects.filter(entry=entry).exists() or not outbox.cancel(entry.id):
        raise Conflict(
            "It has left already and can't be taken back. Write a correction.",
            "Сообщение уже ушло, отозвать его нельзя. Напишите исправление.",
        )
    Entry.objects.filter(id=entry.id).update(withdrawn_at=timezone.now())
    Ticket.objects.filter(id=entry.ticket_id, answered_at=entry.at).update(answered_at=None)
    add_event(entry.ticket_id, "withdrawn", agent_id=by.agent_id, person_id=by.person_id, data={"entry": entry.id})
    refresh_tickets([entry.ticket_id])
    record(by, "withdraw", "entry", entry.id, None, None)
    announce("entry", entry.ticket_id, entry_id=entry.id)
    return entry.id


def _check_author(entry: Entry, by: Actor) -> None:
    if entry.agent_id != by.agent_id and by.role != "administrator":
        raise Forbidden(
            "Only its author can take a reply back. Ask them now.",
            "Отозвать ответ может только его автор. Скажите ему сразу.",
        )
