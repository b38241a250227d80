"""Who owns a ticket: one agent or nobody, never two."""

from typing import Any

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Conflict, Invalid
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event
from uzel.store.models import Agent, Ticket
from uzel.store.reach import get_ticket


@transaction.atomic
def take(number: int, *, by: Actor) -> int:
    """Own a ticket that nobody owns; gives its id. Raises Conflict naming whoever was first."""
    agent_id = check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.ASSIGN, by)
    ticket = reached.ticket
    if ticket.owner_id is not None and ticket.owner_id != agent_id:
        name = Agent.objects.values_list("person__name", flat=True).get(id=ticket.owner_id)
        raise Conflict(
            f"{name} took it first. Open the ticket to see what goes on.",
            f"Первым взял {name}. Откройте обращение, чтобы увидеть, что происходит.",
        )
    if ticket.owner_id is None:
        take_when_free(ticket, by=by)
        record(by, "take", "ticket", ticket.id, {"owner_id": None}, {"owner_id": agent_id})
        announce("ticket", ticket.id)
    return ticket.id


def take_when_free(ticket: Ticket, *, by: Actor) -> None:
    """Whoever answers first owns the ticket."""
    if ticket.owner_id is None:
        set_owner(ticket, by.agent_id, by=by)


def set_owner(ticket: Ticket, owner_id: int | None, *, by: Actor) -> None:
    """Change the owner of the locked ticket and say so in the timeline."""
    before, ticket.owner_id = ticket.owner_id, owner_id
    ticket.save(update_fields=["owner_id"])
    add_event(
        ticket.id,
        "owner",
        agent_id=by.agent_id,
        person_id=by.person_id,
        public=True,
        data=_change(before, owner_id),
    )


def _change(before: int | None, after: int | None) -> dict[str, Any]:
    ids = [id for id in (before, after) if id is not None]
    names = dict(Agent.objects.filter(id__in=ids).values_list("id", "person__name"))
    return {"from": before, "to": after, "from_name": names.get(before or 0), "to_name": names.get(after or 0)}


def check_agent_serves(agent_id: int) -> None:
    """Raises Invalid for an agent who does not work here any more."""
    if not Agent.objects.filter(id=agent_id, is_active=True).exists():
        raise Invalid(
            "This agent does not serve any more. Choose another one.",
            "Этот специалист больше не работает. Выберите другого.",
            fields={"owner_id": "not active"},
        )
