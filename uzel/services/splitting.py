"""Taking entries out of a ticket into a new one of their own, and putting them back."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Invalid, NotFound
from uzel.services.opening import open_apart
from uzel.services.returning import close_empty, give_back, holder_of
from uzel.services.rights import check_agent, check_may
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event, refresh_tickets, rejoin
from uzel.store.holding import hold_back_from, hold_back_intake
from uzel.store.models import Entry, Ticket, TicketPerson, TicketSplit
from uzel.store.reach import MOVED_MEANWHILE, find_root, get_ticket, lock_tickets

SPLIT_OFF = {"code": "split_off", "points": 0, "en": "split off by an agent", "ru": "выделено специалистом"}


@transaction.atomic
def split(number: int, entry_ids: Sequence[int], *, subject: str = "", by: Actor) -> TicketSplit:
    """Take these entries into a new ticket of whoever wrote the first of them; gives the journal.

    The age of the new chain is that of its oldest entry. People who wrote only what is taken out go with it.
    Raises Invalid when the entries do not stand here or nothing would be left.
    """
    agent_id = check_agent(by)
    hold_back_from([number], by)
    reached = get_ticket(number, by)
    check_may(reached, Action.SPLIT, by)
    source = reached.ticket
    entries = _get_entries(source, entry_ids)
    target = open_apart(source, entries, subject=subject, owner_id=source.owner_id)
    ids = [entry.id for entry in entries]
    rejoin(ids, target.id, agent_id=agent_id, reason=SPLIT_OFF)
    journal = TicketSplit.objects.create(
        source=source,
        target=target,
        entry_ids=ids,
        before={"left": _lead_out(source, target, ids)},
        by_id=agent_id,
        at=timezone.now(),
    )
    _finish(journal, "split", by=by)
    return journal


@transaction.atomic
def unsplit(split_id: int, *, by: Actor) -> int:
    """Put everything back; the new number leads to the old ticket from now on. Gives the source's id.

    What was written into the new ticket since comes along. Undone again, it changes nothing.
    """
    agent_id = check_agent(by)
    journal = TicketSplit.objects.filter(id=split_id).first()
    if journal is None:
        raise NO_SPLIT
    source_id = _check_both(journal, by)
    holder_id = holder_of(journal.target_id)
    hold_back_intake([source_id, holder_id, journal.target_id])
    locked = lock_tickets([source_id, holder_id, journal.target_id])
    journal = TicketSplit.objects.select_for_update().get(id=split_id)
    if journal.undone_at is not None:
        return source_id
    if locked[source_id].merged_into_id is not None or holder_of(journal.target_id) != holder_id:
        raise MOVED_MEANWHILE
    if source_id != holder_id:
        give_back(journal.entry_ids, SPLIT_OFF["code"], locked[holder_id], source_id, agent_id=agent_id)
    if source_id != holder_id == journal.target_id and locked[holder_id].merged_into_id is None:
        close_empty(holder_id, source_id)
    for row in journal.before["left"]:
        TicketPerson.objects.get_or_create(ticket_id=source_id, person_id=row["person"], role=row["role"])
    journal.undone_at, journal.undone_by_id = timezone.now(), agent_id
    journal.save(update_fields=["undone_at", "undone_by"])
    refresh_tickets([holder_id])
    _finish(journal, "unsplit", by=by)
    return source_id


def _check_both(journal: TicketSplit, by: Actor) -> int:
    """Where the source is now. Raises NotFound unless the actor serves both tickets."""
    try:
        source, target = find_root(journal.source_id, by), find_root(journal.target_id, by)
    except NotFound as hidden:
        raise NO_SPLIT from hidden
    if not (source.is_desk and target.is_desk):
        raise NO_SPLIT
    return source.id


def _get_entries(source: Ticket, entry_ids: Sequence[int]) -> list[Entry]:
    """The entries in order of time. Raises Invalid."""
    entries = list(Entry.objects.filter(id__in=entry_ids, ticket=source).exclude(kind="event").order_by("at", "id"))
    if not entries or len(entries) < len(set(entry_ids)):
        raise Invalid(
            "Choose messages, notes or calls that stand in this ticket. Reload it if somebody moved them.",
            "Выберите сообщения, заметки или звонки этого обращения. Обновите его, если их переместили.",
            fields={"entry_ids": "not here"},
        )
    if not Entry.objects.filter(ticket=source).exclude(kind="event").exclude(id__in=entry_ids).exists():
        raise Invalid(
            "Nothing would be left here. Leave at least one message, or change the subject instead.",
            "Здесь ничего не останется. Оставьте хотя бы одно сообщение или просто смените тему.",
            fields={"entry_ids": "all"},
        )
    return entries


def _lead_out(source: Ticket, target: Ticket, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Participants of the source all of whose words were taken out leave it; gives what they were there."""
    gone = []
    taken = set(Entry.objects.filter(id__in=ids, direction="in").values_list("person_id", flat=True))
    for row in TicketPerson.objects.filter(ticket=source, role="participant", person__in=taken).order_by("id"):
        if not Entry.objects.filter(ticket=source, direction="in", person=row.person_id).exists():
            gone.append({"person": row.person_id, "role": row.role})
            row.delete()
    for person_id in sorted(taken - {target.requester_id, None}):
        TicketPerson.objects.get_or_create(ticket=target, person_id=person_id, role="participant")
    return gone


def _finish(journal: TicketSplit, code: str, *, by: Actor) -> None:
    source, target = journal.source_id, journal.target_id
    refresh_tickets([source, target])
    data = {"source": f"U-{source}", "target": f"U-{target}", "entries": len(journal.entry_ids)}
    for ticket in (source, target):
        add_event(ticket, code, agent_id=by.agent_id, person_id=by.person_id, data=data)
        announce("ticket", ticket)
    record(by, code, "ticket", source, None, {"target": target, "split": journal.id})


NO_SPLIT = NotFound("There is no such split, or you may not see it.", "Такого разделения нет, или оно вам не видно.")
