"""Getting at tickets to change them: seen by the actor, locked in the order of ids, merged numbers followed."""

from collections.abc import Iterable
from functools import cache

import msgspec

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, NotFound
from uzel.store.models import Entry, Ticket
from uzel.store.queries.audience import DESK, PARTICIPANT, RESTRICTED, reader, visible
from uzel.store.queries.ticket_page import WAY, no_ticket
from uzel.store.sql import Query, fetch, fetch_one

MOVED_MEANWHILE = Conflict(
    "The ticket was merged or split just now. Reload it and repeat.",
    "Обращение только что объединили или разделили. Обновите его и повторите.",
)


class Reached(msgspec.Struct, frozen=True):
    """A locked ticket that the actor may see; ``is_desk``: with its notes, as those who serve it do."""

    ticket: Ticket
    is_desk: bool
    is_participant: bool
    is_restricted: bool


class Found(msgspec.Struct, frozen=True):
    """Where a number leads now, and what the actor is to that ticket."""

    id: int
    is_desk: bool
    is_participant: bool
    is_restricted: bool

    def reached(self, ticket: Ticket) -> Reached:
        return Reached(ticket, self.is_desk, self.is_participant, self.is_restricted)


@cache
def _reach(role: str) -> Query:
    return Query(
        f"reach_{role}",
        f"{WAY} SELECT t.id, {DESK[role]} AS is_desk, {PARTICIPANT} AS is_participant, {RESTRICTED} AS is_restricted "
        f"FROM ticket t WHERE t.id = (SELECT id FROM way ORDER BY cardinality(seen) DESC LIMIT 1) AND {visible(role)}",
    )


def find_root(number: int, by: Actor) -> Found:
    """Follow the number to the ticket that holds its entries now. Raises NotFound for what the actor may not see."""
    row = fetch_one(_reach(by.role), reader(by) | {"number": number})
    if row is None:
        raise no_ticket(number)
    return Found(**row)


def get_ticket(number: int, by: Actor) -> Reached:
    """The ticket, locked until the transaction ends. Raises NotFound for what the actor may not see."""
    for _ in range(3):  # a merge that commits while we wait for the lock sends us on to the winner
        found = find_root(number, by)
        ticket = lock_tickets([found.id])[found.id]
        if ticket.merged_into_id is None:
            return found.reached(ticket)
    raise MOVED_MEANWHILE


def get_tickets(numbers: Iterable[int], by: Actor) -> list[Reached]:
    """Several tickets, locked in the order of ids, in the order asked for."""
    roots = [find_root(number, by) for number in numbers]
    locked = lock_tickets(found.id for found in roots)
    if any(ticket.merged_into_id is not None for ticket in locked.values()):
        raise MOVED_MEANWHILE
    return [found.reached(locked[found.id]) for found in roots]


def lock_tickets(ids: Iterable[int]) -> dict[int, Ticket]:
    rows = Ticket.objects.select_for_update().filter(id__in=set(ids)).order_by("id")
    return {ticket.id: ticket for ticket in rows}


_ENTRY = Query("reach_entry", "SELECT ticket_id FROM entry WHERE id = %(entry)s::bigint")


def get_entry(entry_id: int, by: Actor) -> tuple[Entry, Reached]:
    """An entry of a ticket that the actor sees from the desk, the ticket locked. Raises NotFound otherwise."""
    rows = fetch(_ENTRY, {"entry": entry_id})
    if not rows:
        raise NO_ENTRY
    try:
        reached = get_ticket(rows[0]["ticket_id"], by)
    except NotFound as hidden:
        raise NO_ENTRY from hidden
    entry = Entry.objects.filter(id=entry_id, ticket_id=reached.ticket.id).first()
    if entry is None:
        raise MOVED_MEANWHILE
    if not reached.is_desk and (entry.direction == "internal" or entry.withdrawn_at is not None):
        raise NO_ENTRY
    return entry, reached


NO_ENTRY = NotFound("There is no such entry, or you may not see it.", "Такой записи нет, или она вам не видна.")
