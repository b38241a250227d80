"""The reading side of live events: what is new, what a returning page missed, who may know of it.

Asynchronous and outside Django's connections: one process holds thousands of open pages and asks the database
once for all of them.
"""

import datetime as dt
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, NamedTuple, Self

import psycopg
from psycopg_pool import AsyncConnectionPool

from uzel.store.live_readers import Reader
from uzel.store.sql import Query, run
from uzel.store.waking import LIVE

GAP_PATIENCE = 10.0  # seconds an id may be missing before anybody asks whether it can still come
MOST_GAPS = 10_000
MOST_REPLAYED = 2_000  # events; whoever missed more loads the page anew, which is cheaper for both sides
KEPT = dt.timedelta(days=1)
_LOOK_BACK = 5_000  # ids: how far a new process looks for ids that are still in flight
_BATCH = 5_000

_NEWS: LiteralString = """/* live_news */
SELECT pg_snapshot_xmin(s.now)::text::bigint, pg_snapshot_xmax(s.now)::text::bigint,
       e.id, e.kind, e.ticket_id, e.team_id, e.is_restricted, e.owner_id, e.person_ids, e.data
FROM (SELECT pg_current_snapshot() AS now) s
LEFT JOIN live_event e ON e.id > %(highest)s::bigint OR e.id = ANY(%(gaps)s::bigint[])
ORDER BY e.id LIMIT %(most)s::int
"""
_START: LiteralString = """/* live_start */
SELECT pg_snapshot_xmin(s.now)::text::bigint, pg_snapshot_xmax(s.now)::text::bigint,
       COALESCE((SELECT max(id) FROM live_event), 0),
       ARRAY(SELECT id FROM live_event
             WHERE id > (SELECT max(id) FROM live_event) - %(look_back)s::bigint ORDER BY id)
FROM (SELECT pg_current_snapshot() AS now) s
"""
_BOUNDS: LiteralString = "/* live_bounds */ SELECT min(id), max(id) FROM live_event"
_MISSED: LiteralString = """/* live_missed */
SELECT id, kind, ticket_id, team_id, is_restricted, owner_id, person_ids, data FROM live_event
WHERE id > %(after)s::bigint AND kind <> 'presence' ORDER BY id LIMIT %(most)s::int
"""
_PURGE = Query(
    "purge_live_events",
    """
    DELETE FROM live_event
    WHERE id < (SELECT id FROM live_event WHERE at < now() - %(kept)s::interval ORDER BY at DESC, id DESC LIMIT 1)
      AND at < now() - %(kept)s::interval
    """,
)


class Snapshot(NamedTuple):
    """Which transactions had ended when PostgreSQL looked: all below ``oldest_running``, none from ``next`` on."""

    oldest_running: int
    next_transaction: int


class LiveRow(NamedTuple):
    """One event with the scope of who may know."""

    id: int
    kind: str
    ticket_id: int | None
    team_id: int | None
    is_restricted: bool
    owner_id: int | None
    person_ids: Sequence[int]
    data: dict[str, Any]


class TooOld(Exception):
    """What happened since then is not kept any more, or is too much: load everything anew."""


def may_know(reader: Reader, row: LiveRow) -> bool:
    """The one rule of who is told. Notes and internal events name no ``person_ids``: they stay inside the desk."""
    if reader.person_id in row.person_ids:
        return True
    if reader.agent_id is None:
        return False
    if reader.sees_all or not row.is_restricted:
        return True
    return row.team_id in reader.team_ids or row.owner_id == reader.agent_id


class Tail:
    """How far a table has been read whose ids are not handed out in the order of commits.

    An id that is missing between two others belongs to a transaction that is still under way or was given up.
    It is asked for again until every transaction that could have held it has ended, however long that takes, and
    at least ``GAP_PATIENCE`` seconds: a number is drawn a moment before its transaction becomes visible as running.
    """

    def __init__(self, highest: int = 0) -> None:
        self.highest = highest
        self._gaps: dict[int, tuple[float, int]] = {}  # id -> when it was missed, first transaction after that
        self.overflowed = False

    @property
    def gaps(self) -> list[int]:
        return list(self._gaps)

    @property
    def settled(self) -> int:
        """Everything up to this id has been given out or will never come: where a page may resume."""
        return min(self._gaps) - 1 if self._gaps else self.highest

    def lacks(self, after: int, lowest: int | None) -> bool:
        """Something after id ``after`` is gone, given that the table now begins with ``lowest``."""
        known_until = self.highest if lowest is None else min(lowest - 1, self.highest)
        unseen = known_until - after
        return unseen > len(self._gaps) or any(known_until - n not in self._gaps for n in range(unseen))

    def take(self, ids: Sequence[int], snapshot: Snapshot, now: float) -> None:
        """``ids`` (ascending) were found by a statement that saw ``snapshot``, asked for the gaps and all above."""
        for found in ids:
            if found <= self.highest:
                self._gaps.pop(found, None)
                continue
            self._miss(range(self.highest + 1, found), snapshot, now)
            self.highest = found
        if len(ids) < _BATCH:  # a full batch may have been cut before a gap that is there by now
            self._give_up(snapshot, now)

    def _miss(self, missing: Collection[int], snapshot: Snapshot, now: float) -> None:
        if len(self._gaps) + len(missing) > MOST_GAPS:
            self._gaps.clear()
            self.overflowed = True
            return
        for gap in missing:
            self._gaps[gap] = (now, snapshot.next_transaction)

    def _give_up(self, snapshot: Snapshot, now: float) -> None:
        over = [
            gap
            for gap, (since, ended_by) in self._gaps.items()
            if now - since >= GAP_PATIENCE and snapshot.oldest_running >= ended_by
        ]
        for gap in over:
            del self._gaps[gap]


class LiveEvents:
    """The events of one database, read by one process."""

    def __init__(self, pool: AsyncConnectionPool, tail: Tail) -> None:
        self._pool = pool
        self._tail = tail

    @classmethod
    async def start(cls, pool: AsyncConnectionPool) -> Self:
        """Stand at the newest event. Raises psycopg.Error when the database does not answer."""
        async with pool.connection() as line:
            row = await (await line.execute(_START, {"look_back": _LOOK_BACK})).fetchone()
        assert row is not None  # a statement without WHERE on one row
        oldest, following, highest, recent = row
        tail = Tail(recent[0] - 1 if recent else highest)
        tail.take(recent, Snapshot(oldest, following), time.monotonic())
        return cls(pool, tail)

    @property
    def settled(self) -> int:
        return self._tail.settled

    @property
    def waiting(self) -> bool:
        """An id is missing: look again soon, nobody may call."""
        return bool(self._tail.gaps)

    async def news(self) -> list[LiveRow]:
        """Events that were never given before. Raises TooOld when too many ids are missing to be sure of all."""
        asked = {"highest": self._tail.highest, "gaps": self._tail.gaps, "most": _BATCH}
        async with self._pool.connection() as line:
            rows = await (await line.execute(_NEWS, asked)).fetchall()
        found = [LiveRow(*row[2:]) for row in rows if row[2] is not None]
        self._tail.take([row.id for row in found], Snapshot(*rows[0][:2]), time.monotonic())
        if self._tail.overflowed:
            self._tail.overflowed = False
            raise TooOld
        return found

    async def missed(self, reader: Reader, after: int) -> list[LiveRow]:
        """What ``reader`` may know of that came after id ``after``. Raises TooOld.

        The newest outdated event is always left in the table as a mark (``purge_events``), so that the lowest id
        tells how far back nothing is gone.
        """
        async with self._pool.connection() as line:
            lowest, highest = await (await line.execute(_BOUNDS)).fetchone() or (None, None)
            if self._tail.lacks(after, lowest) or after > max(highest or 0, self.settled):
                raise TooOld
            asked = {"after": after, "most": MOST_REPLAYED + 1}
            rows = await (await line.execute(_MISSED, asked)).fetchall()
        if len(rows) > MOST_REPLAYED:
            raise TooOld
        return [row for row in map(LiveRow._make, rows) if may_know(reader, row)]


class Wakes:
    """A connection that hears of new events."""

    def __init__(self, line: psycopg.AsyncConnection) -> None:
        self._line = line

    async def wait(self, timeout: float) -> None:
        """Return when something happened, or after ``timeout`` seconds. Raises psycopg.Error when the line broke."""
        async for _ in self._line.notifies(timeout=timeout, stop_after=1):
            pass


@asynccontextmanager
async def listening(address: str) -> AsyncIterator[Wakes]:
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as line:
        await line.execute(f'LISTEN "{LIVE}"')
        yield Wakes(line)


def purge_events() -> int:
    """Forget events older than KEPT, but for the newest of them: the mark that ``missed`` relies on."""
    return run(_PURGE, {"kept": KEPT})
