"""Two tickets become one chain, and two again when that was wrong."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from uzel.domain.merging import EntryPlace, MergeRecord, undo
from uzel.domain.permissions import Action, Actor
from uzel.domain.statuses import Status, is_open
from uzel.kernel.errors import Conflict, NotFound
from uzel.services.returning import holder_of
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event, refresh_tickets, retarget
from uzel.store.holding import hold_back_from, hold_back_intake
from uzel.store.models import Entry, Promise, Thread, Ticket, TicketMerge, TicketPerson
from uzel.store.reach import MOVED_MEANWHILE, find_root, get_tickets, lock_tickets

_CLOCKS = ("first_contact_at", "answered_at")


@transaction.atomic
def merge(number: int, into: int, *, by: Actor) -> TicketMerge:
    """Put all of one ticket into another; its number leads there from now on. Gives the journal, to undo it by.

    The winner keeps its owner, queue and status, the older first contact of both, and lets in the people of the
    other. Raises Conflict when both numbers already lead to the same ticket.
    """
    agent_id = check_agent(by)
    hold_back_from([number, into], by)
    reached = get_tickets([number, into], by)
    for each in reached:
        check_may(each, Action.MERGE, by)
    loser, winner = (each.ticket for each in reached)
    if loser.id == winner.id:
        raise Conflict(
            "Both numbers already lead to the same ticket. Nothing was changed.",
            "Оба номера уже ведут в одно обращение. Ничего не изменено.",
        )
    return merge_locked(loser, winner, agent_id=agent_id, by=by)


def merge_locked(loser: Ticket, winner: Ticket, *, agent_id: int | None, by: Actor) -> TicketMerge:
    """The same for two locked tickets that stand by themselves."""
    before: dict[str, Any] = {"winner": {name: _stamp(getattr(winner, name)) for name in _CLOCKS}}
    before["added"] = _let_in(loser, winner)
    before["promises"] = _hand_over(Promise, loser.id, winner.id)
    before["threads"] = _hand_over(Thread, loser.id, winner.id)
    moved = retarget(loser.id, winner.id)
    _keep_older_clocks(loser, winner)
    before["after"] = {name: _stamp(getattr(winner, name)) for name in _CLOCKS}
    Ticket.objects.filter(id=loser.id).update(merged_into=winner, is_open=False)
    journal = TicketMerge.objects.create(
        loser=loser, winner=winner, entry_ids=moved, before=before, by_id=agent_id, at=timezone.now()
    )
    _finish(journal, "merged", by=by)
    return journal


@transaction.atomic
def unmerge(merge_id: int, *, by: Actor) -> int:
    """Take the merge back: what it moved and still stands there returns; gives the loser's id.

    What was written since stays with the winner. Undone again, it changes nothing.
    """
    agent_id = check_agent(by)
    journal = _get_journal(merge_id, by)
    if journal.undone_at is not None:
        return journal.loser_id
    holder_id = holder_of(journal.loser_id)
    hold_back_intake([journal.loser_id, journal.winner_id, holder_id])
    locked = lock_tickets([journal.loser_id, journal.winner_id, holder_id])
    journal = TicketMerge.objects.select_for_update().get(id=merge_id)
    if journal.undone_at is not None:
        return journal.loser_id
    if holder_of(journal.loser_id) != holder_id:
        raise MOVED_MEANWHILE
    _return(journal, locked, holder_id)
    journal.undone_at, journal.undone_by_id = timezone.now(), agent_id
    journal.save(update_fields=["undone_at", "undone_by"])
    _finish(journal, "unmerged", by=by)
    if holder_id != journal.winner_id:
        refresh_tickets([holder_id])
    return journal.loser_id


def _return(journal: TicketMerge, locked: dict[int, Ticket], holder_id: int) -> None:
    """What the rules send back goes from wherever the loser's number leads now."""
    loser, winner, before = locked[journal.loser_id], locked[journal.winner_id], journal.before
    going = undo(_record(journal, holder_id), _places(holder_id), dict.fromkeys(_threads(holder_id), holder_id))
    retarget(holder_id, loser.id, going.entries)
    Thread.objects.filter(id__in=going.threads).update(ticket=loser)
    Promise.objects.filter(id__in=before["promises"], ticket=holder_id).update(ticket=loser)
    _let_out(journal, going.participants)
    kept = {name: before["winner"][name] for name in _CLOCKS if _stamp(getattr(winner, name)) == before["after"][name]}
    Ticket.objects.filter(id=winner.id).update(**kept)
    Ticket.objects.filter(id=loser.id).update(merged_into=None, is_open=is_open(Status(loser.status)))


def _record(journal: TicketMerge, holder_id: int) -> MergeRecord:
    added = TicketPerson.objects.filter(id__in=journal.before["added"])
    return MergeRecord(
        source=journal.loser_id,
        target=holder_id,
        entries=frozenset(journal.entry_ids),
        threads=frozenset(journal.before["threads"]),
        participants=frozenset(added.values_list("person_id", flat=True)),
    )


def _places(ticket_id: int) -> dict[int, EntryPlace]:
    rows = Entry.objects.filter(ticket=ticket_id).values_list("id", "ticket_id", "thread_id", "person_id", "direction")
    return {id: EntryPlace(at, thread, person if way == "in" else None) for id, at, thread, person, way in rows}


def _threads(ticket_id: int) -> list[int]:
    return list(Thread.objects.filter(ticket=ticket_id).values_list("id", flat=True))


def _let_out(journal: TicketMerge, people: frozenset[int]) -> None:
    """People whom this merge let in leave the winner, and whatever the winner was merged into since."""
    standing: TicketMerge | None = journal
    while standing is not None:
        TicketPerson.objects.filter(id__in=standing.before["added"], person__in=people).delete()
        standing = TicketMerge.objects.filter(loser=standing.winner_id, undone_at=None).first()


def _finish(journal: TicketMerge, code: str, *, by: Actor) -> None:
    loser, winner = journal.loser_id, journal.winner_id
    refresh_tickets([loser, winner])
    data = {"loser": f"U-{loser}", "winner": f"U-{winner}", "entries": len(journal.entry_ids)}
    add_event(winner, code, agent_id=by.agent_id, person_id=by.person_id, data=data)
    record(by, code, "ticket", loser, None, {"winner": winner, "merge": journal.id})
    announce("ticket", loser)
    announce("ticket", winner)


def _get_journal(merge_id: int, by: Actor) -> TicketMerge:
    journal = TicketMerge.objects.filter(id=merge_id).first()
    if journal is None:
        raise NO_MERGE
    try:
        found = find_root(journal.loser_id, by)
    except NotFound as hidden:
        raise NO_MERGE from hidden
    if not found.is_desk:
        raise NO_MERGE
    return journal


def _let_in(loser: Ticket, winner: Ticket) -> list[int]:
    """The loser's people take part in the winner; gives the rows that are new. Doubtful people stay outside."""
    own = TicketPerson.objects.filter(ticket=loser, person__is_provisional=False).values_list("person_id", "role")
    wanted = set(own)
    if not loser.requester.is_provisional:
        wanted.add((loser.requester_id, "participant"))
    added = []
    for person_id, role in sorted(wanted):
        if person_id != winner.requester_id:
            row, is_new = TicketPerson.objects.get_or_create(ticket=winner, person_id=person_id, role=role)
            added += [row.id] if is_new else []
    return added


def _hand_over(model: Any, source: int, to: int) -> list[int]:
    ids = sorted(model.objects.filter(ticket=source).values_list("id", flat=True))
    model.objects.filter(id__in=ids).update(ticket=to)
    return ids


def _keep_older_clocks(loser: Ticket, winner: Ticket) -> None:
    winner.first_contact_at = min(winner.first_contact_at, loser.first_contact_at)
    answers = [at for at in (winner.answered_at, loser.answered_at) if at is not None]
    winner.answered_at = min(answers, default=None)
    winner.save(update_fields=list(_CLOCKS))


def _stamp(at: Any) -> str | None:
    return at.isoformat() if at is not None else None


NO_MERGE = NotFound("There is no such merge, or you may not see it.", "Такого объединения нет, или оно вам не видно.")
