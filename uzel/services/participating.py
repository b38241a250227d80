"""Who takes part in a ticket besides its requester."""

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Invalid
from uzel.services.meeting import NewHandle, find_or_meet
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import touch
from uzel.store.models import TicketPerson
from uzel.store.reach import get_ticket

ROLES = ("participant", "watcher")


@transaction.atomic
def let_in(
    number: int, *, person_id: int | None = None, handle: NewHandle | None = None, role: str = "participant", by: Actor
) -> int:
    """A participant reads and writes in the ticket from now on, a watcher is told about it; gives its id."""
    check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.EDIT, by)
    if role not in ROLES:
        raise Invalid(f"Use one of: {', '.join(ROLES)}.", f"Можно: {', '.join(ROLES)}.", fields={"role": "unknown"})
    if person_id is None and handle is None:
        raise Invalid("Say who.", "Укажите, кого.", fields={"person_id": "missing"})
    person = find_or_meet(person_id, "", handle)
    ticket = reached.ticket
    if person.id != ticket.requester_id:
        TicketPerson.objects.get_or_create(ticket=ticket, person=person, role=role)
        touch(ticket.id)
        record(by, "let_in", "ticket", ticket.id, None, {"person": person.id, "role": role})
        announce("ticket", ticket.id)
    return ticket.id


@transaction.atomic
def leave_out(number: int, person_id: int, *, by: Actor) -> int:
    """The person no longer takes part or watches. Repeating it changes nothing."""
    check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.EDIT, by)
    ticket = reached.ticket
    gone, _ = TicketPerson.objects.filter(ticket=ticket, person=person_id).delete()
    if gone:
        touch(ticket.id)
        record(by, "leave_out", "ticket", ticket.id, {"person": person_id}, None)
        announce("ticket", ticket.id)
    return ticket.id
