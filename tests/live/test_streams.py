"""Open pages against a real ``uzel live`` process."""

import asyncio
import datetime as dt
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.utils import timezone

from tests.live.pages import RUN_LIVE, Desk, LiveProcess, Stream, browser, until
from uzel.store.announce import announce
from uzel.store.live import purge_events
from uzel.store.models import ApiToken, LiveEvent, Session, TeamMember


@sync_to_async
def tell(kind: str, ticket: int, **data: Any) -> None:
    with transaction.atomic():
        announce(kind, ticket, **data)


@sync_to_async
def change(action: Callable[[], Any]) -> Any:
    return action()


async def tell_everything(desk: Desk) -> None:
    for n, name in enumerate(desk.tickets):
        await tell("entry", desk.tickets[name].id, entry_id=n)
        await tell("entry", desk.tickets[name].id, entry_id=100 + n, internal=True)
    await tell("ticket", desk.tickets["loose"].id, end=True, internal=True)
    await tell("ticket", desk.tickets["open"].id, end=True)


EVERYTHING = {0, 100, 1, 101, 2, 102}
SEEN = {
    "admin": EVERYTHING,
    "support": {0, 100, 2, 102},
    "security": EVERYTHING,
    "ivan": {0},
    "maria": {1, 2},
    "friend": {0},
}


async def test_two_hundred_pages_hear_what_their_readers_may_know_and_nothing_else(
    live: LiveProcess, desk: Desk
) -> None:
    async with browser(live, desk) as pages:
        opened = [(name, await pages.open(name)) for _ in range(34) for name in SEEN]
        assert len(opened) >= 200
        await tell_everything(desk)
        everyone = [stream for name, stream in opened if name != "maria"]
        await until(lambda: all(stream.of("ticket") for stream in everyone))
        await until(lambda: all(len(stream.of("entry")) == 2 for name, stream in opened if name == "maria"))
    for name, stream in opened:
        heard = [event["entry_id"] for event in stream.of("entry")]
        assert sorted(heard) == sorted(SEEN[name]), name


async def test_an_event_names_the_ticket_and_carries_where_to_resume(live: LiveProcess, desk: Desk) -> None:
    ticket = desk.tickets["open"].id
    async with browser(live, desk) as pages:
        page = await pages.open("ivan")
        await tell("dispatch", ticket, entry_id=7, state="sent")
        await until(lambda: page.of("dispatch"))
    expected = {"ticket_id": ticket, "number": f"U-{ticket}", "entry_id": 7, "state": "sent", "kind": "dispatch"}
    assert len(page.of("dispatch")) == 1
    assert page.of("dispatch")[0].items() >= expected.items()
    assert int(page.last_id) == await change(lambda: LiveEvent.objects.latest("id").id)


async def test_the_owner_hears_of_a_ticket_of_a_closed_team_he_is_no_member_of(live: LiveProcess, desk: Desk) -> None:
    desk.tickets["closed"].owner = desk.people["support"].agent
    await change(desk.tickets["closed"].save)
    async with browser(live, desk) as pages:
        page = await pages.open("support")
        await tell("entry", desk.tickets["closed"].id, entry_id=1, internal=True)
        await until(lambda: page.of("entry"))


async def test_a_returning_page_hears_what_it_missed_within_its_rights(live: LiveProcess, desk: Desk) -> None:
    async with browser(live, desk) as pages:
        first = {name: await pages.open(name) for name in SEEN}
        await tell("ticket", desk.tickets["open"].id)
        await until(lambda: first["admin"].of("ticket"))
        mark = first["admin"].last_id
        for stream in first.values():
            stream.response.close()
        await tell_everything(desk)
        for name, seen in SEEN.items():
            again = await pages.open(name, mark)
            await until(lambda a=again, s=seen: {e["entry_id"] for e in a.of("entry")} == s)
            assert not again.of("reload")


async def test_a_page_resumes_from_before_a_purge_only_if_nothing_it_missed_is_gone(
    live: LiveProcess, desk: Desk
) -> None:
    def age(ids: list[int]) -> None:
        LiveEvent.objects.filter(id__in=ids).update(at=timezone.now() - dt.timedelta(days=2))
        purge_events()

    async with browser(live, desk) as pages:
        steady = await pages.open("admin")
        for n in range(4):
            await tell("entry", desk.tickets["open"].id, entry_id=n)
        await until(lambda: len(steady.of("entry")) == 4)  # a purge takes what was told a day ago, never news
        ids = await change(lambda: sorted(LiveEvent.objects.values_list("id", flat=True)))
        await change(lambda: age(ids[:-2]))
        heard = await pages.open("admin", str(ids[-3]))
        await until(lambda: {event["entry_id"] for event in heard.of("entry")} >= {2, 3})
        assert not heard.of("reload")
        late = await pages.open("admin", str(ids[0]))
        await until(lambda: late.of("reload"))


@pytest.mark.parametrize("last_id", ["1", "999999999", "-5", "nonsense"])
async def test_a_page_that_was_away_too_long_or_claims_nonsense_is_told_to_load_anew(
    live: LiveProcess, desk: Desk, last_id: str
) -> None:
    def forget_the_first() -> None:
        for _ in range(4):
            announce("ticket", desk.tickets["open"].id)
        LiveEvent.objects.exclude(id=LiveEvent.objects.latest("id").id).delete()

    await change(forget_the_first)
    async with browser(live, desk) as pages:
        page = await pages.open("admin", last_id)
        await until(lambda: page.of("reload"))
        await tell("entry", desk.tickets["open"].id, entry_id=1)
        await until(lambda: page.of("entry"))


async def test_who_is_not_signed_in_hears_nothing(live: LiveProcess, desk: Desk) -> None:
    await change(lambda: Session.objects.filter(person=desk.people["maria"]).update(expires_at=timezone.now()))
    async with browser(live, desk) as pages:
        assert await pages.get({}) == 401
        assert await pages.get({"Cookie": "uzel_session=guess"}) == 401
        assert await pages.get({"Cookie": "uzel_session=secret-of-maria"}) == 401
        assert await pages.get({"Authorization": "Bearer uzl_guess"}) == 401


async def test_a_program_hears_what_the_scopes_of_its_token_allow(live: LiveProcess, desk: Desk) -> None:
    def issue(secret: str, *scopes: str) -> None:
        digest = hashlib.sha256(secret.encode()).digest()
        ApiToken.objects.create(token_hash=digest, name="bot", person=desk.people["admin"], scopes=list(scopes))

    await change(lambda: issue("uzl_reads", "read"))
    await change(lambda: issue("uzl_rules", "read", "admin"))
    await change(lambda: issue("uzl_hook", "intake"))
    async with browser(live, desk) as pages:
        assert await pages.get({"Authorization": "Bearer uzl_hook"}) == 401
        assert await pages.get({"Authorization": "Bearer uzl_guess"}) == 401
        reads = await pages.follow({"Authorization": "Bearer uzl_reads"})
        rules = await pages.follow({"Authorization": "Bearer uzl_rules"})
        await tell_everything(desk)
        await until(lambda: reads.of("ticket") and rules.of("ticket"))
    assert {event["entry_id"] for event in rules.of("entry")} == EVERYTHING
    assert {event["entry_id"] for event in reads.of("entry")} == SEEN["support"], "an ordinary agent's view"


async def test_a_revoked_session_ends_its_streams_within_half_a_minute(live: LiveProcess, desk: Desk) -> None:
    async with browser(live, desk) as pages:
        page, other = await pages.open("support"), await pages.open("admin")
        revoke = Session.objects.filter(person=desk.people["support"]).update
        await change(lambda: revoke(revoked_at=timezone.now()))
        await until(lambda: page.ended, seconds=30)
        assert not other.ended


async def test_who_leaves_a_closed_team_stops_hearing_of_it_within_half_a_minute(live: LiveProcess, desk: Desk) -> None:
    closed, open_ = desk.tickets["closed"].id, desk.tickets["open"].id
    async with browser(live, desk) as pages:
        page = await pages.open("security")
        await tell("entry", closed, entry_id=1)
        await until(lambda: page.of("entry"))
        await change(TeamMember.objects.filter(agent__person=desk.people["security"]).delete)
        deadline = asyncio.get_running_loop().time() + 30
        heard = True
        while heard:
            assert asyncio.get_running_loop().time() < deadline, "the closed team is still heard of"
            before = len(page.of("entry"))
            await tell("entry", closed, entry_id=2)
            await tell("ticket", open_, after=before)
            await until(lambda n=before: page.of("ticket") and page.of("ticket")[-1]["after"] == n)
            heard = len(page.of("entry")) > before
        assert not page.ended


async def test_a_page_that_does_not_read_is_dropped_and_holds_up_nobody(live: LiveProcess, desk: Desk) -> None:
    sleeper = await asyncio.to_thread(open_and_never_read, live.port, desk.secrets["admin"])

    def flood(n: int) -> None:
        with transaction.atomic():
            for _ in range(20):
                announce("ticket", desk.tickets["open"].id, filler="ж" * 20_000, n=n)

    async with browser(live, desk) as pages:
        page = await pages.open("admin")
        for n in range(25):
            await change(lambda n=n: flood(n))
            await until(lambda n=n: page.of("ticket") and page.of("ticket")[-1]["n"] == n)
        await asyncio.to_thread(drained_until_closed, sleeper)
        assert not page.ended


def open_and_never_read(port: int, secret: str) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.sendall(
        f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: uzel_session={secret}\r\n\r\n".encode()
    )
    return line


def drained_until_closed(line: socket.socket) -> int:
    """Read what stands in the buffers. Fails when the other side keeps the connection."""
    line.settimeout(40)
    total = 0
    try:
        while piece := line.recv(1 << 16):
            total += len(piece)
            assert total < 20 * 25 * 40_000, "everything was kept for it"
    except ConnectionResetError:
        pass
    return total


async def test_stopping_lets_open_pages_go_at_once(live: LiveProcess, desk: Desk) -> None:
    async with browser(live, desk) as pages:
        streams: list[Stream] = [await pages.open("admin") for _ in range(20)]
        assert await asyncio.to_thread(live.stop) < 5
        await until(lambda: all(stream.ended for stream in streams))
    assert live.process.returncode == 0


async def test_a_lost_database_connection_loses_no_event(live: LiveProcess, desk: Desk) -> None:
    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'"
                " AND pid <> pg_backend_pid() AND datname = current_database()"
            )
            assert cursor.rowcount > 0

    async with browser(live, desk) as pages:
        page = await pages.open("admin")
        await change(cut)
        await tell("entry", desk.tickets["open"].id, entry_id=5)
        await until(lambda: page.of("entry"))


def test_a_taken_port_ends_it_with_an_error(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = os.environ | {"DATABASE_URL": database_url, "UZEL_LIVE_PORT": port}
        done = subprocess.run([sys.executable, "-c", RUN_LIVE], env=environment, timeout=60, stderr=subprocess.PIPE)
    assert done.returncode == 1, done.stderr


async def test_it_stops_while_it_waits_for_a_database(database_url: str) -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "UZEL_LIVE_PORT": "0"}
    waiting = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN_LIVE, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert waiting.stdout is not None
    assert b"trying again" in await asyncio.wait_for(waiting.stdout.readline(), 30)
    waiting.terminate()
    await asyncio.wait_for(waiting.communicate(), 20)
    assert waiting.returncode == 0
