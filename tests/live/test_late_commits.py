"""Ids are handed out in one order and committed in another: nothing may fall between."""

import random
import threading
import time
from collections.abc import Callable

import psycopg
from psycopg.types.json import Jsonb

from tests.live.pages import Desk, LiveProcess, browser, until
from uzel.store.live import GAP_PATIENCE, Snapshot, Tail

WRITERS, EACH = 4, 60
INSERT = """INSERT INTO live_event (kind, ticket_id, data, person_ids) VALUES ('entry', 1, %s, '{}') RETURNING id"""


def write(url: str, writer: int, written: list[int]) -> None:
    """Long and short transactions, some given up, with more than one event in some."""
    dice = random.Random(writer)
    with psycopg.connect(url) as line:
        for n in range(EACH):
            ids = [
                line.execute(INSERT, [Jsonb({"n": [writer, n, m]})]).fetchone()[0]  # type: ignore[index]
                for m in range(dice.choice([1, 1, 2, 5]))
            ]
            time.sleep(dice.choice([0, 0, 0.005, 0.02, 0.4 if n % 20 == 7 else 0]))
            if dice.random() < 0.15:
                line.rollback()
                continue
            line.execute("SELECT pg_notify('uzel_live', '')")
            line.commit()
            written.extend(ids)


async def test_pages_that_come_and_go_under_concurrent_writers_miss_nothing(
    live: LiveProcess, desk: Desk, database_url: str
) -> None:
    written: list[int] = []
    writers = [threading.Thread(target=write, args=(database_url, n, written)) for n in range(WRITERS)]
    heard: set[tuple[int, ...]] = set()
    async with browser(live, desk) as pages:
        page = await pages.open("admin")
        steady = await pages.open("admin")
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            size = len(page.events)
            await until(lambda p=page, s=size: len(p.events) > s or not any(w.is_alive() for w in writers))
            page.response.close()
            heard |= {tuple(event["n"]) for event in page.of("entry")}
            page = await pages.open("admin", page.last_id)
            assert not page.of("reload")
        expected = await_rows(database_url)
        assert len(expected) == len(written) > WRITERS * EACH / 2
        await until(lambda: expected <= {tuple(event["n"]) for event in steady.of("entry")})
        await until(lambda: expected <= heard | {tuple(event["n"]) for event in page.of("entry")})
        twice = [tuple(event["n"]) for event in steady.of("entry")]
        assert len(twice) == len(set(twice)), "a page that stayed heard something twice"


def await_rows(url: str) -> set[tuple[int, ...]]:
    with psycopg.connect(url) as line:
        return {tuple(n) for (n,) in line.execute("SELECT data->'n' FROM live_event WHERE data ? 'n'")}


async def test_an_event_of_a_transaction_longer_than_our_patience_still_arrives(
    live: LiveProcess, desk: Desk, database_url: str
) -> None:
    with psycopg.connect(database_url) as slow, psycopg.connect(database_url, autocommit=True) as quick:
        async with browser(live, desk) as pages:
            page = await pages.open("admin")
            before = int(page.last_id)
            slow.execute(INSERT, [Jsonb({"n": "late"})])
            quick.execute(INSERT, [Jsonb({"n": "quick"})])
            quick.execute("SELECT pg_notify('uzel_live', '')")
            await until(lambda: page.of("entry"))
            assert int(page.last_id) == before, "the mark went past an event that may still come"
            started = time.monotonic()
            await until(lambda: time.monotonic() - started > GAP_PATIENCE + 2, seconds=30)
            slow.commit()
            await until(lambda: [event["n"] for event in page.of("entry")] == ["quick", "late"])


def settled_after(*steps: Callable[[Tail], None]) -> int:
    tail = Tail(10)
    for step in steps:
        step(tail)
    return tail.settled


def test_a_missing_id_holds_back_the_mark_until_nobody_can_bring_it_any_more() -> None:
    def see(ids: list[int], oldest: int, now: float) -> Callable[[Tail], None]:
        return lambda tail: tail.take(ids, Snapshot(oldest, 100), now)

    assert settled_after(see([11, 13], 90, 0)) == 11
    assert settled_after(see([11, 13], 90, 0), see([12], 90, 1)) == 13
    assert settled_after(see([11, 13], 90, 0), see([], 90, 1000)) == 11, "its transaction still runs"
    assert settled_after(see([11, 13], 90, 0), see([], 100, 1)) == 11, "too early to be sure"
    assert settled_after(see([11, 13], 90, 0), see([], 100, GAP_PATIENCE)) == 13
    assert settled_after(see([11, 13, 16], 90, 0), see([12, 15], 90, 1)) == 13
