"""Two cards of one person become one, and two again when that was wrong."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor, Role, has_role
from uzel.kernel.errors import Conflict, Forbidden, NotFound
from uzel.services.rights import check_agent
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.chain import add_event
from uzel.store.holding import hold_back_intake
from uzel.store.models import Agent, Entry, Handle, Person, PersonMerge, PersonSuggestion, Thread, Ticket, TicketPerson
from uzel.store.queries.people import hides_tickets

TOLD = 20  # open tickets whose timeline says so
VOUCHED = 2  # Proof.PROBABLE: an agent said so, the address itself proved nothing


@transaction.atomic
def unite(person_id: int, into: int, *, by: Actor) -> PersonMerge:
    """Make ``into`` the one card of both; gives the journal, to undo it by.

    Handles, tickets and words change hands; sign-in does not: whoever signed in as the other card is signed out.
    Raises NotFound; Conflict for one card or an agent's; Forbidden where either has tickets hidden from the actor.
    """
    agent_id = check_agent(by)
    hold_back_intake(people=[person_id, into])
    people = _lock(person_id, into)
    loser, winner = people[person_id], people[into]
    _check(loser, winner, by)
    tickets = list(Ticket.objects.filter(requester=loser).order_by("id").values_list("id", flat=True))
    taking_part = TicketPerson.objects.filter(person=loser).order_by("id")
    around = sorted({*tickets, *taking_part.values_list("ticket_id", flat=True)})
    moved = {
        "handles": _move_handles(loser, winner),
        "tickets": tickets,
        "entries": _hand_over(Entry, around, loser.id, winner.id),
        "threads": _hand_over(Thread, around, loser.id, winner.id),
        "suggestions": _settle_suggestions(loser, winner, by=by),
        **_move_parts(loser, winner),
    }
    Ticket.objects.filter(id__in=tickets).update(requester=winner)
    Person.objects.filter(id=loser.id).update(merged_into=winner)
    journal = PersonMerge.objects.create(loser=loser, winner=winner, moved=moved, by_id=agent_id, at=timezone.now())
    _finish(journal, "person_merged", by=by)
    return journal


@transaction.atomic
def part(merge_id: int, *, by: Actor) -> int:
    """Take it back: what changed hands then, and is still there, returns; gives the loser's id. Repeatable."""
    agent_id = check_agent(by)
    journal = PersonMerge.objects.select_for_update().filter(id=merge_id).first()
    if journal is None:
        raise NotFound("There is no such merge of people.", "Такого объединения людей нет.")
    if journal.undone_at is not None:
        return journal.loser_id
    holder = _holder(journal.winner_id)
    hold_back_intake(people=[journal.loser_id, holder])
    _lock(journal.loser_id, holder)
    _check_sight(by, (journal.loser_id, holder))
    _give_back(journal, holder)
    journal.undone_at, journal.undone_by_id = timezone.now(), agent_id
    journal.save(update_fields=["undone_at", "undone_by"])
    _finish(journal, "person_unmerged", by=by)
    return journal.loser_id


def _give_back(journal: PersonMerge, holder: int) -> None:
    moved, loser = journal.moved, journal.loser_id
    for row in moved["handles"]:
        Handle.objects.filter(id=row["id"], person=holder).update(
            person=loser, proof=row["proof"], evidence=row["evidence"]
        )
    Ticket.objects.filter(id__in=moved["tickets"], requester=holder).update(requester=loser)
    for model, name in ((Entry, "entries"), (Thread, "threads"), (TicketPerson, "parts")):
        rows: Any = model
        rows.objects.filter(id__in=moved[name], person=holder).update(person=loser)
    for row in moved["dropped"]:
        TicketPerson.objects.get_or_create(ticket_id=row["ticket"], person_id=loser, role=row["role"])
    PersonSuggestion.objects.filter(id__in=moved["suggestions"]).update(state="open", decided_at=None, decided_by=None)
    Person.objects.filter(id=loser).update(merged_into=None)


def _lock(*ids: int) -> dict[int, Person]:
    people = {person.id: person for person in Person.objects.select_for_update().filter(id__in=ids).order_by("id")}
    if len(people) < len(set(ids)):
        raise NotFound("There is no such person. Search for them again.", "Такого человека нет. Найдите его заново.")
    return people


def _check(loser: Person, winner: Person, by: Actor) -> None:
    if loser.id == winner.id or loser.merged_into_id is not None or winner.merged_into_id is not None:
        raise Conflict(
            "One of these cards was merged already. Open the card that is left and repeat.",
            "Одна из карточек уже объединена. Откройте оставшуюся карточку и повторите.",
        )
    if Agent.objects.filter(person=loser).exists():
        raise Conflict(
            "An agent's card can't be given up. Merge the other card into it instead.",
            "Карточку специалиста нельзя отдать. Объедините наоборот: другую с ней.",
        )
    if Agent.objects.filter(person=winner).exists() and not has_role(by, Role.ADMINISTRATOR):
        raise Forbidden(
            "Only an administrator may merge somebody into an agent's card: it gives the agent their tickets.",
            "Объединить кого-то с карточкой специалиста может только администратор: так специалист получит обращения.",
        )
    _check_sight(by, (loser.id, winner.id))


def _check_sight(by: Actor, people: Iterable[int]) -> None:
    """Merging people shows the tickets of one to the other: whoever does it must see all of them."""
    if hides_tickets(sorted(people), by):
        raise Forbidden(
            "They have tickets that you may not see. Ask an administrator, or somebody of that team.",
            "У них есть обращения, которых вы не видите. Попросите администратора или специалиста той группы.",
        )


def _move_handles(loser: Person, winner: Person) -> list[dict[str, Any]]:
    """Current handles change hands. An agent's word makes them probable, never proven: whoever controls the address
    of a doubtful card does not sign in as the other person because of one click."""
    current = Handle.objects.filter(person=loser, valid_until=None).order_by("id").values("id", "proof", "evidence")
    rows: list[dict[str, Any]] = [dict(row) for row in current]
    for row in rows:
        vouched = {"proof": VOUCHED, "evidence": "an agent merged the cards"}
        keeps = row["proof"] >= VOUCHED and not loser.is_provisional
        Handle.objects.filter(id=row["id"]).update(person=winner, **({} if keeps else vouched))
    return rows


def _hand_over(model: Any, tickets: list[int], loser: int, winner: int) -> list[int]:
    """By ticket, for there is no index by person: nobody's words are searched for in the whole table."""
    ids = sorted(model.objects.filter(ticket__in=tickets, person=loser).values_list("id", flat=True))
    model.objects.filter(id__in=ids).update(person=winner)
    return ids


def _move_parts(loser: Person, winner: Person) -> dict[str, Any]:
    """Roles in tickets; a role that the winner has there already is dropped and remembered."""
    parts, dropped = [], []
    for row in TicketPerson.objects.filter(person=loser).select_related("ticket").order_by("id"):
        if (
            row.ticket.requester_id == winner.id
            or TicketPerson.objects.filter(ticket=row.ticket, person=winner, role=row.role).exists()
        ):
            dropped.append({"ticket": row.ticket_id, "role": row.role})
            row.delete()
        else:
            TicketPerson.objects.filter(id=row.id).update(person=winner)
            parts.append(row.id)
    return {"parts": parts, "dropped": dropped}


def _settle_suggestions(loser: Person, winner: Person, *, by: Actor) -> list[int]:
    both = [loser.id, winner.id]
    rows = PersonSuggestion.objects.filter(person__in=both, target__in=both, state="open")
    ids = sorted(rows.values_list("id", flat=True))
    rows.update(state="accepted", decided_at=timezone.now(), decided_by_id=by.agent_id)
    return ids


def _holder(person_id: int) -> int:
    seen = {person_id}
    while True:
        after = PersonMerge.objects.filter(loser=person_id, undone_at=None).values_list("winner_id", flat=True).first()
        if after is None or after in seen:
            return person_id
        seen.add(after)
        person_id = after


def _finish(journal: PersonMerge, code: str, *, by: Actor) -> None:
    data = {"merge": journal.id, "loser": journal.loser.name, "winner": journal.winner.name}
    open_tickets = Ticket.objects.filter(id__in=journal.moved["tickets"], is_open=True).order_by("id")[:TOLD]
    for ticket in open_tickets:
        add_event(ticket.id, code, agent_id=by.agent_id, person_id=by.person_id, data=data)
        announce("ticket", ticket.id)
    record(by, code, "person", journal.loser_id, None, {"winner": journal.winner_id, "merge": journal.id})
