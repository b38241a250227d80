"""What was agreed with the person, and whether it was kept."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Invalid, NotFound
from uzel.services.rights import check_agent, check_may
from uzel.services.writing import check_text
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event
from uzel.store.models import Entry, Promise
from uzel.store.reach import get_ticket

STATES = ("open", "kept", "broken", "withdrawn")


@transaction.atomic
def promise(
    number: int, text: str, *, due_at: dt.datetime | None = None, entry_id: int | None = None, by: Actor
) -> Promise:
    """Write down what was agreed, until when, and from which entry of this ticket."""
    agent_id = check_agent(by)
    reached = get_ticket(number, by)
    check_may(reached, Action.NOTE, by)
    ticket_id = reached.ticket.id
    if entry_id is not None and not Entry.objects.filter(id=entry_id, ticket_id=ticket_id).exists():
        raise Invalid(
            "That entry does not stand in this ticket. Choose one of its own.",
            "Такой записи в этом обращении нет. Выберите запись из него.",
            fields={"entry_id": "elsewhere"},
        )
    made = Promise.objects.create(
        ticket_id=ticket_id,
        entry_id=entry_id,
        text=check_text(text, limit=1000),
        due_at=due_at,
        made_by_id=agent_id,
        created_at=timezone.now(),
    )
    _tell(made, by=by)
    record(by, "promise", "ticket", ticket_id, None, {"text": made.text})
    return made


@transaction.atomic
def decide(promise_id: int, state: str, *, by: Actor) -> Promise:
    """Say that it was kept, broken, withdrawn, or is open again. Raises NotFound, Invalid."""
    if state not in STATES:
        raise Invalid(f"Use one of: {', '.join(STATES)}.", f"Можно: {', '.join(STATES)}.", fields={"state": "unknown"})
    found = Promise.objects.filter(id=promise_id).first()
    if found is None:
        raise NO_PROMISE
    try:
        reached = get_ticket(found.ticket_id, by)
    except NotFound as hidden:
        raise NO_PROMISE from hidden
    check_may(reached, Action.NOTE, by)
    before, found.state = found.state, state
    found.decided_at = None if state == "open" else timezone.now()
    found.save(update_fields=["state", "decided_at"])
    if before != state:
        _tell(found, by=by)
        record(by, "promise", "ticket", found.ticket_id, {"state": before}, {"state": state})
    return found


def _tell(made: Promise, *, by: Actor) -> None:
    add_event(
        made.ticket_id,
        "promise",
        agent_id=by.agent_id,
        person_id=by.person_id,
        public=True,
        data={"promise": made.id, "text": made.text, "state": made.state},
    )
    announce("ticket", made.ticket_id)


NO_PROMISE = NotFound("There is no such promise, or you may not see it.", "Такого обещания нет, или оно вам не видно.")
