"""Whatever agents do to the chain, in any order: nothing is lost, nothing doubled, and undoing restores."""

import contextlib
import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.services.desk import Desk
from uzel.kernel.errors import UzelError
from uzel.services.merging import merge, unmerge
from uzel.services.moving import move, undo_join
from uzel.services.splitting import split, unsplit
from uzel.store.models import Entry, Join, Ticket, TicketPerson
from uzel.store.reach import find_root

EXAMPLES = int(os.environ.get("UZEL_CHAIN_EXAMPLES", "8"))  # each is some seconds of real work
FIELDS = ("merged_into_id", "is_open", "status", "first_contact_at", "owner_id", "team_id", "entry_count", "preview")


def snapshot(tickets: list[int]) -> dict[str, Any]:
    """Where everything stands: tickets as they were known, each entry with its standing Join, who takes part."""
    entries = Entry.objects.exclude(kind="event").order_by("id").values_list("id", "ticket_id")
    joins = Join.objects.filter(undone_at=None).exclude(entry__kind="event").order_by("entry_id")
    people = TicketPerson.objects.filter(ticket__in=tickets).values_list("ticket_id", "person_id", "role")
    return {
        "tickets": list(Ticket.objects.filter(id__in=tickets).order_by("id").values_list("id", *FIELDS)),
        "entries": list(entries),
        "joins": list(joins.values_list("entry_id", "ticket_id", "verdict", "score", "reasons__0__code")),
        "people": sorted(people),
    }


class Chain(RuleBasedStateMachine):
    tickets = Bundle("tickets")
    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()  # every example starts from the same database
        self.transaction.__enter__()
        self.desk = Desk()
        self.known: list[int] = []
        self.undos: list[tuple[Any, dict[str, Any], list[int]]] = []
        self.count = Entry.objects.exclude(kind="event").count()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(target=tickets)
    def some_tickets(self) -> Any:
        return self.open()

    @rule(target=tickets)
    def open(self) -> int:
        people = (self.desk.maria, self.desk.person("Иван"))
        ticket = self.desk.ticket(people[len(self.known) % 2], "первое", "второе")
        self.known.append(ticket.id)
        self.count += 2
        return ticket.id

    @rule(target=entries, ticket=tickets)
    def write(self, ticket: int) -> int:
        root = find_root(ticket, self.desk.anna).id
        self.count += 1
        return self.desk.mail_in(root, f"ещё {self.count}").id

    @rule(one=tickets, other=tickets)
    def merge(self, one: int, other: int) -> None:
        self.attempt(lambda: merge(one, other, by=self.desk.anna), lambda done: unmerge(done.id, by=self.desk.anna))

    @rule(entry=entries, ticket=tickets)
    def move(self, entry: int, ticket: int) -> None:
        before = Join.objects.get(entry=entry, undone_at=None).id

        def back(_: Any) -> None:
            standing = Join.objects.get(entry=entry, undone_at=None).id
            if standing != before:
                undo_join(standing, by=self.desk.anna)

        self.attempt(lambda: move(entry, ticket, by=self.desk.anna), back)

    @rule(entry=entries)
    def take_out(self, entry: int) -> None:
        standing = Join.objects.get(entry=entry, undone_at=None)
        if "previous" in standing.reasons[0]:
            return  # that would itself be an undo

        def back(done: tuple[int, int]) -> None:
            undo_join(Join.objects.get(entry=done[0], undone_at=None).id, by=self.desk.anna)

        self.attempt(lambda: undo_join(standing.id, by=self.desk.anna), back)

    @rule(entry=entries, more=st.booleans())
    def split(self, entry: int, more: bool) -> None:
        ticket = Entry.objects.get(id=entry).ticket_id
        ids = [entry, *Entry.objects.filter(ticket=ticket, kind="message").values_list("id", flat=True)[: int(more)]]
        self.attempt(lambda: split(ticket, ids, by=self.desk.anna), lambda done: unsplit(done.id, by=self.desk.anna))

    def attempt(self, act: Any, back: Any) -> None:
        before, known = snapshot(self.known), list(self.known)
        try:
            done = act()
        except UzelError:
            assert snapshot(known) == before, "a refused change changed something"
            return
        self.undos.append((lambda: back(done), before, known))

    @precondition(lambda self: self.undos)
    @rule(place=st.integers(0, 5))
    def undo_any(self, place: int) -> None:
        """Out of order: nothing need come back exactly, but nothing may be lost either."""
        back, _, _ = self.undos.pop(place % len(self.undos))
        self.undos = [(undo, {}, known) for undo, _, known in self.undos]
        with contextlib.suppress(UzelError):
            back()

    @precondition(lambda self: self.undos)
    @rule()
    def undo_all_in_reverse(self) -> None:
        while self.undos:
            back, before, known = self.undos.pop()
            if not before:
                self.undos.clear()
                return
            try:
                back()
            except UzelError:
                raise AssertionError("an undo in order was refused") from None
            after = snapshot(known)
            written = {entry for entry, _ in after["entries"]} - {entry for entry, _ in before["entries"]}
            if not written:
                assert after == before

    @invariant()
    def every_entry_stands_in_one_ticket_by_one_join(self) -> None:
        standing = list(
            Join.objects.filter(undone_at=None)
            .exclude(entry__kind="event")
            .values_list("entry_id", "ticket_id", "entry__ticket_id")
        )
        assert len(standing) == len({entry for entry, _, _ in standing}) == self.count
        assert all(joined == placed for _, joined, placed in standing)

    @invariant()
    def no_words_stand_behind_a_merged_number(self) -> None:
        assert not Entry.objects.exclude(kind="event").filter(ticket__merged_into__isnull=False).exists()

    @invariant()
    def every_number_leads_somewhere(self) -> None:
        for number in self.known:
            root = find_root(number, self.desk.root).id
            assert Ticket.objects.get(id=root).merged_into_id is None


@pytest.mark.usefixtures("db")
def test_any_sequence_of_corrections_loses_nothing_and_is_undone_exactly() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Chain,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=checks,
            database=None,
            phases=[Phase.generate],
        ),
    )
