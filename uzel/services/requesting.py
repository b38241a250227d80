"""Whose ticket it is: a forwarded mail, a colleague who wrote for another, a mistake at the phone."""

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Invalid
from uzel.services.meeting import NewHandle, find_or_meet
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event
from uzel.store.models import Agent, Person, Ticket, TicketPerson
from uzel.store.reach import get_ticket


@transaction.atomic
def change_requester(
    number: int, *, person_id: int | None = None, name: str = "", handle: NewHandle | None = None, by: Actor
) -> int:
    """The ticket is this person's from now on; gives its id. Repeating it changes nothing.

    Whoever asked before stays: an agent who passed it on as a watcher, anybody else as a participant.
    Raises NotFound, Forbidden, Invalid.
    """
    check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.EDIT, by)
    if person_id is None and handle is None:
        raise Invalid("Say whose ticket it is.", "Укажите, чьё это обращение.", fields={"person_id": "missing"})
    person, ticket = find_or_meet(person_id, name, handle), reached.ticket
    if person.id == ticket.requester_id:
        return ticket.id
    before = Person.objects.get(id=ticket.requester_id)
    Ticket.objects.filter(id=ticket.id).update(requester=person, organization=person.organization_id)
    TicketPerson.objects.filter(ticket=ticket, person=person).delete()
    role = "watcher" if Agent.objects.filter(person=before, is_active=True).exists() else "participant"
    TicketPerson.objects.get_or_create(ticket=ticket, person=before, role=role)
    add_event(ticket.id, "requester", agent_id=by.agent_id, data={"from": before.name, "to": person.name})
    record(by, "change_requester", "ticket", ticket.id, {"person": before.id}, {"person": person.id})
    announce("ticket", ticket.id)
    return ticket.id
