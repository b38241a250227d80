"""One batch of intake: facts read once, rows collected, written and committed together.

The pipeline's steps read facts from here and add rows here; nothing touches the database between ``Unit.open``
and ``flush``. What a step adds is at once visible to the steps of the next event in the batch.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from uzel.store.catalogue import Catalogue
from uzel.store.intake import facts
from uzel.store.intake.facts import HandleFact, HandleKey, Lookalike, ThreadFact, TicketFact
from uzel.store.intake.rows import (
    ORDER,
    EntryRow,
    HandleRow,
    LiveEventRow,
    PersonRow,
    Row,
    ThreadKeyRow,
    ThreadRow,
    TicketPersonRow,
    TicketRow,
    encode,
    insert,
)
from uzel.store.sql import Query, fetch, run
from uzel.store.waking import LIVE, OUTBOX, notify

_HOLD = Query(
    "intake_hold",
    "SELECT id, merged_into_id FROM ticket WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
)

# A status that an agent set since the facts were read stands, unless it was an end: the person's word came after it.
_JOINED = Query(
    "intake_joined",
    """
    UPDATE ticket t SET
        status = CASE WHEN t.is_open AND t.status <> r.was THEN t.status ELSE r.status END,
        is_open = r.is_open OR t.is_open,
        resolved_at = CASE WHEN r.is_open OR t.is_open THEN NULL ELSE t.resolved_at END,
        closed_at = CASE WHEN r.is_open OR t.is_open THEN NULL ELSE t.closed_at END,
        last_entry_id = r.last_entry_id, last_entry_at = GREATEST(t.last_entry_at, r.last_entry_at),
        last_direction = 'in', last_channel = r.last_channel, last_contact_at = r.last_entry_at, preview = r.preview,
        digest = r.digest, entry_count = t.entry_count + r.added, updated_at = r.now, version = t.version + 1,
        channels = CASE WHEN r.last_channel = ANY(t.channels) THEN t.channels
                        ELSE t.channels || r.last_channel::text END
    FROM json_to_recordset(%(rows)s::json) AS r(
        id bigint, was text, status text, is_open bool, last_entry_id bigint, last_entry_at timestamptz,
        last_channel text, preview text, digest text, added int, now timestamptz)
    WHERE t.id = r.id
    """,
)


class Rearranged(Exception):
    """A ticket that the batch joins was merged into another since the facts were read."""


class Joined(Row, kw_only=True):
    """What a new entry changes on a ticket that stood before. Not inserted: sent to ``_JOINED``."""

    TABLE = "ticket"
    id: int
    was: str
    status: str
    is_open: bool
    last_entry_id: int
    last_entry_at: dt.datetime
    last_channel: str
    preview: str
    digest: str
    added: int
    now: dt.datetime


class Unit:
    """Facts and pending rows of one batch. Make it with ``Unit.open`` inside the transaction that claims the batch."""

    def __init__(self, now: dt.datetime, catalogue: Catalogue) -> None:
        self.now = now
        self.catalogue = catalogue
        self.handles: dict[HandleKey, HandleFact] = {}
        self.threads: dict[str, ThreadFact] = {}
        self.roots: dict[int, int] = {}
        self.tickets: dict[int, TicketFact] = {}
        self.lookalikes: list[Lookalike] = []
        self.organizations: dict[str, int] = {}
        self.pace: dict[str, int] = {}
        self._by_person: dict[int, list[int]] = defaultdict(list)
        self._numbers: dict[str, list[int]] = {}
        self._rows: dict[type[Row], list[Any]] = defaultdict(list)
        self._fresh: dict[int, TicketRow] = {}
        self._joined: dict[int, Joined] = {}
        self._was: dict[int, str] = {}  # each loaded ticket's status

    @classmethod
    def open(cls, wanted: "Wanted", *, now: dt.datetime, catalogue: Catalogue) -> "Unit":
        """Lock what the batch is about, then load who wrote and what they answer. ``meet`` comes next."""
        unit = cls(now, catalogue)
        facts.lock([f"{kind} {value}" for kind, value in wanted.settled] + list(wanted.keys))
        unit.handles = facts.load_handles(list(wanted.handles))
        unit.threads = facts.load_threads(list(wanted.keys))
        unit.roots = facts.load_roots(wanted.tickets)
        unit.organizations = facts.load_organizations(list(wanted.domains))
        unit.pace = {key: n - wanted.pace[key] for key, n in facts.count_pace(wanted.pace).items()}
        unit._numbers = facts.take_numbers(wanted.messages) if wanted.messages else {}
        return unit

    def meet(self, names: Sequence[str], values: Sequence[str]) -> None:
        """Load who the strangers of the batch may be, and the tickets of everybody it is about."""
        self.lookalikes = facts.load_lookalikes(names, values)
        people = {fact.person_id for fact in self.handles.values()} | {one.id for one in self.lookalikes}
        ids = {*self.roots.values(), *(fact.ticket_id for fact in self.threads.values())}
        self.tickets = facts.load_tickets(ids, people)
        for ticket in self.tickets.values():
            self._was[ticket.id] = ticket.status
            self._file(ticket)

    def _file(self, ticket: TicketFact) -> None:
        for person in {ticket.requester_id, *ticket.participants}:
            self._by_person[person].append(ticket.id)

    def tickets_of(self, person_id: int) -> list[TicketFact]:
        """Tickets in which the person takes part, as far as loaded: the newest of each."""
        return [self.tickets[number] for number in self._by_person.get(person_id, ())]

    def find_handle(self, kind: str, value: str) -> HandleFact | None:
        return self.handles.get((kind, value))

    def add(self, row: Row) -> None:
        self._rows[type(row)].append(row)

    def add_person(self, person: PersonRow, handle: HandleRow) -> HandleFact:
        """A new person with the address it was met at."""
        self.add(person)
        self.add(handle)
        fact = HandleFact(
            person_id=person.id,
            name=person.name,
            organization_id=person.organization_id,
            language=person.language,
            proof=handle.proof,
            is_provisional=person.is_provisional,
        )
        self.handles[handle.kind, handle.value] = fact
        return fact

    def next_id(self, table: str) -> int:
        """A number of the table's own sequence; the batch took enough of them for one of each per message."""
        if not self._numbers.get(table):
            self._numbers[table] = facts.take_numbers(10)[table]
        return self._numbers[table].pop(0)

    def open_ticket(self, row: TicketRow, *, is_restricted: bool = False) -> TicketFact:
        self.add(row)
        fact = TicketFact(
            id=row.id,
            subject=row.subject,
            digest=row.digest,
            status=row.status,
            is_open=row.is_open,
            requester_id=row.requester_id,
            organization_id=row.organization_id,
            owner_id=row.owner_id,
            team_id=row.team_id,
            service_id=row.service_id,
            language=row.language,
            created_at=row.created_at,
            last_contact_at=row.last_contact_at,
            last_entry_at=row.last_entry_at,
            channels=row.channels,
            is_restricted=is_restricted,
        )
        self.tickets[row.id] = fact
        self.roots[row.id] = row.id
        self._fresh[row.id] = row
        self._file(fact)
        return fact

    def add_participant(self, ticket: TicketFact, person_id: int) -> None:
        if person_id != ticket.requester_id and person_id not in ticket.participants:
            ticket.participants.append(person_id)
            self._by_person[person_id].append(ticket.id)
            self.add(TicketPersonRow(ticket_id=ticket.id, person_id=person_id, role="participant", since=self.now))

    def add_entry(self, entry: EntryRow, ticket: TicketFact, *, preview: str, digest: str) -> None:
        """Put the entry into the timeline and bring the ticket's list fields up to it."""
        self.add(entry)
        self._grow(entry, ticket, preview=preview, digest=digest)
        self.announce("entry", ticket, entry)

    def add_silent_entry(self, entry: EntryRow, ticket: TicketFact) -> None:
        """An entry by Uzel itself (an automatic answer): counted, but the person's words stay what the list shows."""
        self.add(entry)
        fresh = self._fresh.get(ticket.id)
        if fresh is not None:
            fresh.entry_count += 1
        else:
            self._joined[ticket.id].added += 1

    def _grow(self, entry: EntryRow, ticket: TicketFact, *, preview: str, digest: str) -> None:
        ticket.last_contact_at = ticket.last_entry_at = max(ticket.last_entry_at, entry.at)
        ticket.digest = digest
        fresh = self._fresh.get(ticket.id)
        if fresh is not None:
            fresh.last_entry_id, fresh.last_entry_at, fresh.last_contact_at = entry.id, ticket.last_entry_at, entry.at
            fresh.preview, fresh.digest = preview, digest
            fresh.entry_count += 1
            return
        before = self._joined.get(ticket.id)
        self._joined[ticket.id] = Joined(
            id=ticket.id,
            was=self._was[ticket.id],
            status=ticket.status,
            is_open=ticket.is_open,
            last_entry_id=entry.id,
            last_entry_at=ticket.last_entry_at,
            last_channel=entry.channel_kind,
            preview=preview,
            digest=digest,
            added=(before.added if before else 0) + 1,
            now=self.now,
        )

    def add_thread(self, channel_id: int, ticket: TicketFact, person_id: int) -> int:
        number = self.next_id("thread")
        row = ThreadRow(id=number, channel_id=channel_id, ticket_id=ticket.id, person_id=person_id, created_at=self.now)
        self.add(row)
        return number

    def add_keys(self, keys: Iterable[str], entry: EntryRow) -> None:
        """Let later messages that quote any of ``keys`` find this entry's ticket."""
        fact = ThreadFact(
            entry_id=entry.id,
            ticket_id=entry.ticket_id,
            thread_id=entry.thread_id,
            external_id=entry.external_id,
            person_id=entry.person_id,
            subject=entry.subject,
            at=entry.at,
        )
        for key in keys:
            if key not in self.threads:
                self.threads[key] = fact
                self.add(ThreadKeyRow(key=key, entry_id=entry.id))

    def announce(self, kind: str, ticket: TicketFact, entry: EntryRow) -> None:
        self.add(
            LiveEventRow(
                at=self.now,
                kind=kind,
                ticket_id=ticket.id,
                team_id=ticket.team_id,
                is_restricted=ticket.is_restricted,
                owner_id=ticket.owner_id,
                person_ids=[ticket.requester_id, *ticket.participants],
                data={"entry_id": entry.id, "number": f"U-{ticket.id}"},
            )
        )

    def flush(self) -> None:
        """Write everything. The transaction that the unit was opened in commits it. Raises Rearranged."""
        if self._joined and any(row["merged_into_id"] for row in fetch(_HOLD, {"ids": sorted(self._joined)})):
            raise Rearranged
        for kind in ORDER:
            insert(self._rows[kind])
        if self._joined:
            run(_JOINED, {"rows": encode(list(self._joined.values())).decode()})
        if self._rows[LiveEventRow]:
            notify(LIVE)
        if any(kind.TABLE == "dispatch" and self._rows[kind] for kind in ORDER):
            notify(OUTBOX)


class Wanted:
    """What a batch is about: gathered from its events before the facts are loaded."""

    def __init__(self) -> None:
        self.settled: set[HandleKey] = set()  # locked: nobody else makes, merges or parts their people meanwhile
        self.handles: set[HandleKey] = set()
        self.keys: set[str] = set()
        self.tickets: set[int] = set()
        self.domains: set[str] = set()
        self.pace: dict[str, int] = defaultdict(int)
        self.messages = 0
