"""``uzel live``: tells thousands of open pages which ids changed, as server-sent events (GET /api/v1/live).

One listener for the whole process; each event is read once, encoded once, and handed to every page whose reader may
know of it. The ``id`` sent along is not the event's own but how far everything is settled (store.live.Tail): a page
that returns with it as Last-Event-ID may hear a little twice and misses nothing.
"""

import asyncio
import atexit
import hashlib
import logging
import os
import random
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

import msgspec
import psycopg
import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from uzel.kernel.config import Config
from uzel.store.live import LiveEvents, LiveRow, TooOld, listening, may_know
from uzel.store.live_readers import LiveReaders, Reader
from uzel.store.postgres import own_url

PATH = "/api/v1/live"
COOKIE = "uzel_session"
KEEP_ALIVE = 20.0  # seconds
SEND_TIMEOUT = 15.0  # seconds a page may leave us unread before it is dropped
RECHECK = 15.0  # seconds between questions whether readers may still read
SPACING = 0.02  # seconds between two looks: what happens meanwhile travels together
POLL = 5.0  # seconds; the net beneath NOTIFY
MOST_UNREAD = 256 * 1024  # bytes waiting for one page
MOST_PER_PERSON = 50  # open pages

AUTOCOMMIT = {"autocommit": True}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
log = structlog.get_logger(__name__)


class Page:
    """One open page and what waits to be written to it: at most MOST_UNREAD bytes and one look's events more."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.ended = False
        self._chunks: list[bytes] = []
        self._unread = 0
        self._wake = asyncio.Event()

    def push(self, chunk: bytes) -> None:
        """Too slow a page is not waited for: it loads everything anew when it comes back."""
        if self.ended:
            return
        if self._unread > MOST_UNREAD:
            self._chunks = [b"event: reload\ndata: {}\n\n"]
            self.end()
            return
        self._unread += len(chunk)
        self._chunks.append(chunk)
        self._wake.set()

    def end(self) -> None:
        self.ended = True
        self._wake.set()

    async def next(self) -> bytes | None:
        """All that waits, as one piece; empty when nothing came for KEEP_ALIVE seconds, None when that was all."""
        if not self._chunks:
            if self.ended:
                return None
            try:
                await asyncio.wait_for(self._wake.wait(), KEEP_ALIVE)
            except TimeoutError:
                return b""
        self._wake.clear()
        piece = b"".join(self._chunks)
        self._chunks.clear()
        self._unread = 0
        return piece


class Hub:
    """All open pages of this process and the one line to the database that feeds them."""

    def __init__(self, address: str, pool: AsyncConnectionPool) -> None:
        self._address = address
        self._pool = pool
        self._events: LiveEvents | None = None
        self._pages: set[Page] = set()
        self.readers = LiveReaders(pool)
        self.ready = asyncio.Event()

    @property
    def settled(self) -> int:
        return self.events.settled

    @property
    def events(self) -> LiveEvents:
        assert self._events is not None  # pages are let in only when ready
        return self._events

    def open_pages(self, person_id: int) -> int:
        return sum(page.reader.person_id == person_id for page in self._pages)

    def add(self, reader: Reader) -> Page:
        page = Page(reader)
        self._pages.add(page)
        return page

    def remove(self, page: Page) -> None:
        self._pages.discard(page)

    def close(self) -> None:
        for page in self._pages:
            page.end()

    async def follow(self) -> None:
        """Hand out what happens, until cancelled; a lost database is waited for and nothing is skipped."""
        while True:
            try:
                async with listening(self._address) as wakes:
                    self._events = self._events or await LiveEvents.start(self._pool)
                    self.ready.set()
                    while True:
                        await self._hand_out()
                        await asyncio.sleep(SPACING)
                        await wakes.wait(timeout=1.0 if self.events.waiting else POLL)
            except (psycopg.Error, OSError) as error:
                log.warning("live: the database does not answer, trying again", reason=str(error))
                await asyncio.sleep(1.0)

    async def _hand_out(self) -> None:
        try:
            rows = await self.events.news()
        except TooOld:
            for page in self._pages:
                page.push(block("reload", {}, self.settled))
            return
        ready = [(row, encode(row)) for row in rows]
        mark = f"id: {self.settled}\n".encode()
        for page in self._pages:
            if mine := [text for row, text in ready if may_know(page.reader, row)]:
                page.push(joined(mine, mark))

    async def recheck(self) -> None:
        """Every RECHECK seconds: end what was revoked, see who changed teams. Until cancelled."""
        while True:
            await asyncio.sleep(RECHECK)
            pages = tuple(self._pages)
            try:
                still = await self.readers.still({page.reader.key for page in pages})
            except (psycopg.Error, OSError) as error:
                log.warning("live: could not ask who may still read", reason=str(error))
                continue
            for page in pages:
                if reader := still.get(page.reader.key):
                    page.reader = reader
                else:
                    page.end()


def encode(row: LiveRow) -> bytes:
    """One event without its id: the same bytes for every page."""
    ids = {} if row.ticket_id is None else {"ticket_id": row.ticket_id, "number": f"U-{row.ticket_id}"}
    data = msgspec.json.encode(row.data | ids | {"kind": row.kind})
    return b"event: %b\ndata: %b\n\n" % (row.kind.encode(), data)


def joined(events: list[bytes], mark: bytes) -> bytes:
    """The id stands on the last event only: a page cut off in the middle must not claim the rest."""
    return b"".join([*events[:-1], mark, events[-1]])


def block(kind: str, data: dict[str, Any], settled: int) -> bytes:
    return b"event: %b\nid: %d\ndata: %b\n\n" % (kind.encode(), settled, msgspec.json.encode(data))


class LiveApp:
    """The ASGI application."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] != PATH or scope["method"] != "GET":
            await refuse(send, 404, "not-found", "There is nothing here.", "Здесь ничего нет.")
            return
        try:
            reader = await self._find_reader(headers_of(scope))
        except (psycopg.Error, PoolTimeout):
            await refuse(send, 503, "unavailable", "The database is busy; try again.", "База занята, повторите.")
            return
        if reader is None:
            await refuse(send, 401, "unauthenticated", "Sign in first.", "Сначала войдите.")
        elif self._hub.open_pages(reader.person_id) >= MOST_PER_PERSON:
            await refuse(send, 429, "too-many", "Too many pages are open; close some.", "Закройте лишние страницы.")
        else:
            await self._serve(reader, headers_of(scope).get(b"last-event-id"), receive, send)

    async def _find_reader(self, headers: dict[bytes, bytes]) -> Reader | None:
        scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer":
            return await self._hub.readers.by_token(hashlib.sha256(key.strip()).digest())
        cookie = session_cookie(headers.get(b"cookie", b""))
        return await self._hub.readers.by_session(hashlib.sha256(cookie).digest()) if cookie else None

    async def _serve(self, reader: Reader, last: bytes | None, receive: Receive, send: Send) -> None:
        page = self._hub.add(reader)  # before looking back, so that nothing falls between
        leaving = asyncio.ensure_future(left(receive))
        leaving.add_done_callback(lambda _: page.end())
        try:
            first = await self._catch_up(reader, last)
            await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
            await write(send, first)
            while (piece := await page.next()) is not None:
                await write(send, piece or b": still here\nid: %d\n\n" % self._hub.settled)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.info("live: a page did not read and was dropped", person_id=reader.person_id)
        finally:
            leaving.cancel()
            self._hub.remove(page)

    async def _catch_up(self, reader: Reader, last: bytes | None) -> bytes:
        """``hello`` and whatever came since the page was last here."""
        settled = self._hub.settled
        retry = b"retry: %d\n" % random.randint(1000, 4000)  # noqa: S311 - spreads returning pages, hides nothing
        hello = retry + block("hello", {}, settled)
        if last is None:
            return hello
        try:
            missed = await self._hub.events.missed(reader, int(last))
        except (TooOld, ValueError):
            return hello + block("reload", {}, settled)
        # The id goes behind what was missed: until that has arrived, the old one is the true one.
        hello = retry + b"event: hello\ndata: {}\n\n"
        return hello + b"".join(encode(row) for row in missed) + b"id: %d\n\n" % settled


STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in scope["headers"]}


def session_cookie(header: bytes) -> bytes | None:
    try:
        morsel = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value.encode("latin-1") if morsel and morsel.value else None


async def left(receive: Receive) -> None:
    """Returns when the other side has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def write(send: Send, piece: bytes) -> None:
    """Raises TimeoutError when the other side does not read."""
    await asyncio.wait_for(send({"type": "http.response.body", "body": piece, "more_body": True}), SEND_TIMEOUT)


async def refuse(send: Send, status: int, code: str, en: str, ru: str) -> None:
    problem = {"type": f"https://uzel.invalid/problems/{code}", "title": en, "status": status, "detail": en}
    body = msgspec.json.encode(problem | {"detail_ru": ru, "code": code})
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def serve(config: Config) -> None:
    """Listen on the loopback ``live_port`` until SIGTERM or SIGINT; open pages are let go at once."""
    allow_many_files()
    address = config.database_url or own_url(config) or ""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    async with AsyncConnectionPool(address, min_size=1, max_size=4, timeout=5, kwargs=AUTOCOMMIT, open=False) as pool:
        hub = Hub(address, pool)
        server = Server(
            LiveApp(hub),
            address="127.0.0.1",
            port=config.live_port,
            interface=Interfaces.ASGINL,
            websockets=False,
            backlog=1024,
            backpressure=10_000,
            log_level=LogLevels.error,
        )

        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopping.set)
        tasks = [asyncio.create_task(work) for work in (hub.follow(), hub.recheck(), listen(server, hub))]
        told = asyncio.create_task(stopping.wait())
        ended, _ = await asyncio.wait([*tasks, told], return_when=asyncio.FIRST_COMPLETED)
        hub.close()
        server.stop()
        for task in tasks[:2] if hub.ready.is_set() else tasks:  # a server that runs ends by itself, in order
            task.cancel()
        told.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if task in ended:
                task.result()  # whatever ended it before it was told to


async def listen(server: Server, hub: Hub) -> None:
    """Open the port when there is something to say; a starter may take the open port for «ready»."""
    await hub.ready.wait()
    log.info("live: listening", port=server.bind_port)
    await server.serve()


def allow_many_files() -> None:
    """A page is an open file; the usual soft limit of 1024 is less than one process can serve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run(config: Config) -> None:
    asyncio.run(serve(config))
    atexit.register(leave)


def leave() -> None:
    """The server's own threads do not end with it; one that asks for Python while Python is being taken down aborts
    the process. So it ends here, when everything else is done."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
