"""Correcting where one entry stands: an agent moves it, or takes a Join back."""

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import Status, is_open
from uzel.kernel.errors import Conflict, NotFound
from uzel.services.opening import open_apart
from uzel.services.returning import is_empty
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event, previous_join, refresh_tickets, rejoin, revive
from uzel.store.holding import hold_back_from
from uzel.store.models import Entry, Join, Ticket, TicketMerge, TicketPerson
from uzel.store.reach import MOVED_MEANWHILE, NO_ENTRY, find_root, get_entry, get_tickets, lock_tickets

MOVED = {"code": "moved_by_agent", "points": 0, "en": "moved here by an agent", "ru": "перенесено специалистом"}
TAKEN_OUT = {
    "code": "taken_out",
    "points": 0,
    "en": "an agent said it is another matter",
    "ru": "специалист выделил как другой вопрос",
}


@transaction.atomic
def move(entry_id: int, to: int, *, by: Actor) -> int:
    """Put the entry into the ticket that it belongs to; gives the entry's id. Already there: nothing changes."""
    agent_id = check_agent(by)
    source_id = _place(entry_id)
    hold_back_from([source_id, to], by)
    source, target = get_tickets([source_id, to], by)
    check_may(source, Action.SPLIT, by)
    check_may(target, Action.MERGE, by)
    entry = Entry.objects.get(id=entry_id)
    if entry.ticket_id != source.ticket.id:
        raise MOVED_MEANWHILE
    if entry.kind == "event":
        raise EVENTS_STAY
    if source.ticket.id != target.ticket.id:
        join = Join.objects.get(entry=entry, undone_at=None)
        rejoin([entry.id], target.ticket.id, agent_id=agent_id, reason={**MOVED, **_let_in(entry, target.ticket)})
        _finish(entry, join, source.ticket.id, target.ticket.id, "joined", by=by)
    return entry.id


@transaction.atomic
def undo_join(join_id: int, *, by: Actor) -> tuple[int, int]:
    """This entry does not belong here. Gives the entry's id and the ticket where it stands now.

    What an agent moved goes back to where it stood before; anything else gets a ticket of its own sender.
    """
    agent_id = check_agent(by)
    join = Join.objects.filter(id=join_id).first()
    if join is None:
        raise NO_JOIN
    try:
        hold_back_from([_place(join.entry_id)], by)
        entry, reached = get_entry(join.entry_id, by)
    except NotFound as hidden:
        raise NO_JOIN from hidden
    check_may(reached, Action.SPLIT, by)
    join.refresh_from_db()
    if join.undone_at is not None:
        return entry.id, reached.ticket.id
    if entry.kind == "event":
        raise EVENTS_STAY
    before = previous_join(join)
    if before is None:
        to = _own_ticket(entry, reached.ticket)
        rejoin([entry.id], to, agent_id=agent_id, reason=TAKEN_OUT)
    else:
        to = _former_ticket(before, by)
        revive([before], to, agent_id=agent_id)
        _let_out(join, reached.ticket.id)
    _finish(entry, join, reached.ticket.id, to, "join_undone", by=by)
    return entry.id, to


def _finish(entry: Entry, join: Join, source: int, to: int, code: str, *, by: Actor) -> None:
    if is_empty(source) and source != to:
        Ticket.objects.filter(id=source, merged_into=None).update(merged_into=to, is_open=False)
    refresh_tickets([source, to])
    data = {"entry": entry.id, "from": f"U-{source}", "to": f"U-{to}"}
    for ticket in sorted({source, to}):
        add_event(ticket, code, agent_id=by.agent_id, person_id=by.person_id, data=data)
        announce("ticket", ticket)
    record(by, code, "entry", entry.id, {"ticket": source, "join": join.id}, {"ticket": to})


def _own_ticket(entry: Entry, source: Ticket) -> int:
    """A new ticket of the entry's own sender. Raises Conflict when the entry is alone here anyway."""
    if not Entry.objects.filter(ticket=source).exclude(kind="event").exclude(id=entry.id).exists():
        raise Conflict(
            "It is alone in this ticket: there is nothing to take it out of. Move it to another ticket instead.",
            "В этом обращении больше ничего нет, выделять не из чего. Перенесите запись в другое обращение.",
        )
    return open_apart(source, [entry]).id


def _former_ticket(before: Join, by: Actor) -> int:
    """Where the earlier Join leads now. A ticket that was emptied by moving the entry away stands up again."""
    root = find_root(before.ticket_id, by).id
    lock_tickets([root, before.ticket_id])
    was_merged = TicketMerge.objects.filter(loser=before.ticket_id, undone_at=None).exists()
    if root == before.ticket_id or was_merged:
        return root
    former = Ticket.objects.get(id=before.ticket_id)
    Ticket.objects.filter(id=former.id).update(merged_into=None, is_open=is_open(Status(former.status)))
    return former.id


def _let_in(entry: Entry, target: Ticket) -> dict[str, int]:
    """Whoever wrote it takes part where it stands now, unless it is not known who they are."""
    person = entry.person
    if entry.direction != "in" or person is None or person.is_provisional or person.id == target.requester_id:
        return {}
    _, is_new = TicketPerson.objects.get_or_create(ticket=target, person=person, role="participant")
    return {"let_in": person.id} if is_new else {}


def _let_out(join: Join, ticket_id: int) -> None:
    """Whom the move let in leaves again, unless other words of theirs stay."""
    person_id = join.reasons[0].get("let_in") if join.reasons else None
    if person_id and not Entry.objects.filter(ticket=ticket_id, person=person_id, direction="in").exists():
        TicketPerson.objects.filter(ticket=ticket_id, person=person_id, role="participant").delete()


def _place(entry_id: int) -> int:
    ticket_id = Entry.objects.filter(id=entry_id).values_list("ticket_id", flat=True).first()
    if ticket_id is None:
        raise NO_ENTRY
    return ticket_id


EVENTS_STAY = Conflict(
    "Events stay where they happened. Move the message itself.",
    "События остаются там, где произошли. Переносите само сообщение.",
)
NO_JOIN = NotFound("There is no such join, or you may not see it.", "Такого присоединения нет, или оно вам не видно.")
