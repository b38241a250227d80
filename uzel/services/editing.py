"""Changing a ticket's fields from the desk, based on the version that was seen."""

from typing import Any

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import Mover, Status
from uzel.kernel.errors import Invalid, Stale
from uzel.services.assigning import check_agent_serves, set_owner
from uzel.services.labelling import check_kind, default_team, get_category, get_service, get_team, priority_of
from uzel.services.rights import check_agent, check_may
from uzel.services.solving import announce_solution
from uzel.services.standing import check_move, move_status, read_status
from uzel.services.writing import one_line
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event, touch
from uzel.store.models import TeamMember, Ticket
from uzel.store.reach import get_ticket

FIELDS = frozenset(
    {
        "status",
        "owner_id",
        "team_id",
        "subject",
        "kind",
        "service_id",
        "category_id",
        "impact",
        "urgency",
        "due_at",
    }
)
_KEPT = ("subject", "kind", "service_id", "category_id", "impact", "urgency", "priority", "team_id", "due_at")
_EVENTS = (("team_id", "team"), ("priority", "priority"), ("service_id", "service"), ("due_at", "due"))


class Outdated(Stale):
    """Somebody changed the ticket meanwhile; ``current`` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__(
            "Somebody changed the ticket meanwhile. Load it again, then repeat your change.",
            "Обращение тем временем изменили. Обновите его и повторите изменение.",
        )
        self.current = current


@transaction.atomic
def edit(number: int, changes: dict[str, Any], *, version: int, by: Actor) -> int:
    """Apply ``changes`` (only the fields named) to the ticket as of ``version``; gives its id.

    Raises: Outdated; Invalid naming the field; Conflict for a status that can't be reached from here.
    """
    check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.EDIT, by)
    ticket = reached.ticket
    if ticket.version != version:
        raise Outdated(ticket.version)
    if changes.keys() - FIELDS:
        raise Invalid("These fields can't be edited.", "Эти поля не изменяются.", fields=dict.fromkeys(changes, "?"))
    before = _state(ticket)
    _set_fields(ticket, changes)
    _write_fields(ticket, before, by=by)
    _move_owner(ticket, before, changes, by=by)
    if "status" in changes:
        after = read_status(changes["status"])
        check_move(ticket, after, Mover.AGENT)
        if after is Status.RESOLVED and Status(ticket.status) is not after:
            announce_solution(ticket, by=by)
        move_status(ticket, after, by=by)
    touch(ticket.id)
    changed = {name: value for name, value in _state(ticket).items() if before[name] != value}
    record(by, "edit", "ticket", ticket.id, {name: before[name] for name in changed}, changed)
    announce("ticket", ticket.id)
    return ticket.id


def _state(ticket: Ticket) -> dict[str, Any]:
    state = {name: getattr(ticket, name) for name in (*_KEPT, "owner_id", "status")}
    state["due_at"] = ticket.due_at.isoformat() if ticket.due_at else None
    return state


def _set_fields(ticket: Ticket, changes: dict[str, Any]) -> None:
    for name in ("due_at", "impact", "urgency"):
        if name in changes:
            setattr(ticket, name, changes[name])
    if "subject" in changes:
        ticket.subject = _check_subject(changes["subject"])
    if "kind" in changes:
        ticket.kind = check_kind(changes["kind"])
    if "team_id" in changes:
        ticket.team_id = get_team(changes["team_id"]).id if changes["team_id"] is not None else default_team()
    if changes.keys() & {"service_id", "category_id"}:
        _set_service(ticket, changes)
    if changes.keys() & {"impact", "urgency"}:
        ticket.priority = priority_of(ticket.impact, ticket.urgency)


def _set_service(ticket: Ticket, changes: dict[str, Any]) -> None:
    """Another service brings its own team, unless a team was named as well, and drops a foreign category."""
    service = get_service(changes.get("service_id", ticket.service_id))
    if "service_id" in changes and service is not None and service.team_id and "team_id" not in changes:
        ticket.team_id = service.team_id
    if "category_id" in changes:
        category = get_category(changes["category_id"], service)
        ticket.category_id = category.id if category else None
        service = service or (category.service if category else None)
    elif ticket.service_id != (service.id if service else None):
        ticket.category_id = None
    ticket.service_id = service.id if service else None


def _check_subject(subject: str) -> str:
    subject = one_line(subject)
    if not 1 <= len(subject) <= 250:
        raise Invalid(
            "The subject needs 1 to 250 characters.", "Тема: от 1 до 250 знаков.", fields={"subject": "length"}
        )
    return subject


def _write_fields(ticket: Ticket, before: dict[str, Any], *, by: Actor) -> None:
    ticket.save(update_fields=list(_KEPT))
    after = _state(ticket)
    for name, code in _EVENTS:
        if before[name] != after[name]:
            add_event(
                ticket.id,
                code,
                agent_id=by.agent_id,
                person_id=by.person_id,
                public=code == "due",
                data={"from": before[name], "to": after[name]},
            )


def _move_owner(ticket: Ticket, before: dict[str, Any], changes: dict[str, Any], *, by: Actor) -> None:
    """The owner named; else an owner outside the new team gives the ticket back to that team's queue."""
    owner_id = ticket.owner_id
    if "owner_id" in changes:
        owner_id = changes["owner_id"]
        if owner_id is not None:
            check_agent_serves(owner_id)
    elif before["team_id"] != ticket.team_id and ticket.team_id is not None and owner_id is not None:
        is_member = TeamMember.objects.filter(team_id=ticket.team_id, agent_id=owner_id).exists()
        owner_id = owner_id if is_member else None
    if owner_id != ticket.owner_id:
        set_owner(ticket, owner_id, by=by)
