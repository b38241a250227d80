"""Entries go back under the Joins that stood before an agent moved them; an emptied ticket leads after them."""

from collections.abc import Collection

from uzel.store.chain import previous_join, retarget, revive
from uzel.store.models import Entry, Join, Promise, Ticket, TicketMerge


def give_back(entry_ids: Collection[int], code: object, holder: Ticket, to: int, *, agent_id: int | None) -> None:
    """Return to ``to`` those that still stand in ``holder`` by the decision ``code`` and by no later one."""
    standing = Join.objects.filter(
        entry__in=entry_ids, entry__ticket=holder, undone_at=None, reasons__0__code=code
    ).order_by("id")
    before = [join for join in map(previous_join, standing) if join is not None]
    if before:
        revive(before, to, agent_id=agent_id)


def holder_of(ticket_id: int) -> int:
    """The ticket that holds now what was this one's, by merges that stand; moves of single entries do not count."""
    seen = {ticket_id}
    while True:
        after = TicketMerge.objects.filter(loser=ticket_id, undone_at=None).values_list("winner_id", flat=True).first()
        if after is None or after in seen:
            return ticket_id
        seen.add(after)
        ticket_id = after


def close_empty(emptied: int, to: int) -> None:
    """What is left in a ticket that was made for others' entries goes after them, and its number leads there."""
    retarget(emptied, to)
    Promise.objects.filter(ticket=emptied).update(ticket=to)
    Ticket.objects.filter(id=emptied).update(merged_into=to, is_open=False)


def is_empty(ticket_id: int) -> bool:
    """Whether nothing that anybody wrote or said stands in it any more."""
    return not Entry.objects.filter(ticket=ticket_id).exclude(kind="event").exists()
