"""``uzel connect``: holds the channels' long connections and opens the ports on which mail servers hand over mail.

Each channel's listeners run on one node of the cluster, the one that holds the lease ``channel:<id>``. A node that
can't renew its leases stops its listeners before anybody else may start them. Doors (ports) are open on every node.
"""

import asyncio
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.db import DatabaseError, connection

from uzel.channelkit.contract import Account, Listener, RawDelivery, Sink
from uzel.channelkit.registry import installed_channels
from uzel.store import channels, leases
from uzel.store.deliveries import store_delivery
from uzel.store.waking import Listener as Wakeups
from uzel.store.waking import notify

STORING = 4  # threads that commit deliveries
HEALTH_SPACING = 10.0  # seconds between two «works» of one channel
SAFETY = 3.0  # seconds before the end of a lease at which it counts as lost
LONGEST_PAUSE = 30.0  # seconds before a failed listener is started again

T = TypeVar("T")
log = structlog.get_logger()


class LeaseLost(Exception):
    """This node holds the connection no longer; nothing more of it may be stored as ours."""


class Database:
    """Django's blocking calls from the event loop. Renewals have a thread of their own: storing never delays them."""

    def __init__(self) -> None:
        self._storing = ThreadPoolExecutor(STORING, thread_name_prefix="store")
        self._keeping = ThreadPoolExecutor(1, thread_name_prefix="keep")

    async def store(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._storing, _released, work)

    async def keep(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._keeping, _released, work)


def _released(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connection.close()


class ChannelSink:
    """Where one channel's listeners and doors put things. ``check`` raises LeaseLost when they must stop."""

    def __init__(self, account: Account, database: Database, check: Callable[[], None]) -> None:
        self._id = account.id
        self._database = database
        self._check = check
        self._told_at = float("-inf")

    async def store(self, delivery: RawDelivery) -> bool:
        self._check()
        return await self._database.store(lambda: store_delivery(self._id, delivery))

    async def load_state(self, name: str) -> Mapping[str, Any]:
        return await self._database.store(lambda: channels.load_state(self._id, name))

    async def save_state(self, name: str, state: Mapping[str, Any]) -> None:
        self._check()
        await self._database.store(lambda: channels.save_state(self._id, name, state))

    async def healthy(self) -> None:
        if time.monotonic() - self._told_at >= HEALTH_SPACING:
            self._told_at = time.monotonic()
            await self._tell(lambda: channels.mark_healthy(self._id))

    async def failing(self, en: str, ru: str) -> None:
        self._told_at = float("-inf")
        await self._tell(lambda: channels.mark_failing(self._id, en, ru))

    async def _tell(self, work: Callable[[], None]) -> None:
        try:
            await self._database.store(work)
        except DatabaseError as error:
            log.warning("health not written", channel=self._id, error=str(error))


class Running:
    """One channel's listeners at work under the lease."""

    def __init__(self, account: Account, tasks: Sequence[asyncio.Task[None]]) -> None:
        self.account = account
        self._tasks = tasks

    @property
    def ended(self) -> bool:
        """A listener found the lease lost before the keeper did."""
        return any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class KindDirectory:
    """The switched-on accounts of one kind, for its doors."""

    def __init__(self, kind: str, connector: "Connector") -> None:
        self._kind = kind
        self._connector = connector
        self._sinks: dict[int, Sink] = {}

    def accounts(self) -> Sequence[Account]:
        return [account for account in self._connector.accounts if account.kind == self._kind]

    def sink(self, account: Account) -> Sink:
        return self._sinks.setdefault(account.id, ChannelSink(account, self._connector.database, lambda: None))


class Connector:
    """All of this node's connections."""

    def __init__(self) -> None:
        self.accounts: Sequence[Account] = ()
        self.database = Database()
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._held_until = float("-inf")  # by this process's own clock
        self._leased: set[str] = set()
        self._running: dict[str, Running] = {}
        self._doors: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event, changed: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                changed.clear()
                pause = await self._round()
                await _first(stop, changed, timeout=pause)
        finally:
            await self._end()

    async def _round(self) -> float:
        """Renew, take over, start, stop; gives the seconds until the next look."""
        await self._cut_if_lost()
        began = time.monotonic()
        left = self._held_until - began if self._running else leases.SECONDS
        try:
            pause = await asyncio.wait_for(self._look(began), left)
        except (DatabaseError, TimeoutError) as error:
            log.warning("database away, leases not renewed", error=str(error) or type(error).__name__)
            pause = 1.0
        await self._cut_if_lost()
        return pause

    async def _cut_if_lost(self) -> None:
        if time.monotonic() >= self._held_until and self._running:
            log.warning("leases lost, connections are cut", channels=list(self._running))
            await self._stop(list(self._running))

    async def _look(self, began: float) -> float:
        self.accounts = await self.database.keep(lambda: channels.accounts(active=True))
        self._open_doors()
        wanted = {f"channel:{account.id}": account for account in self.accounts if _listens(account)}
        await self._stop([name for name, now in self._running.items() if now.ended or wanted.get(name) != now.account])
        if unwanted := self._leased - wanted.keys():
            await self.database.keep(lambda: leases.release(unwanted, self._holder))
        held = await self.database.keep(lambda: leases.hold(wanted, self._holder))
        self._held_until, self._leased = began + leases.SECONDS - SAFETY, held
        await self._stop([name for name in self._running if name not in held])
        for name in held - self._running.keys():
            self._start(name, wanted[name])
        if held == wanted.keys():
            return leases.RENEW
        waiting = await self.database.keep(lambda: leases.until_next(wanted, self._holder))
        return leases.RENEW if waiting is None else min(leases.RENEW, max(waiting.total_seconds(), 0.0) + 0.1)

    def _start(self, name: str, account: Account) -> None:
        sink = ChannelSink(account, self.database, lambda: self._check(name))
        try:
            listeners = installed_channels()[account.kind].listeners(account, sink)
        except Exception:
            log.exception("channel can't be started; correct its settings", channel=account.id)
            listeners = ()
        tasks = [asyncio.create_task(supervise(run, name), name=name) for run in listeners]
        self._running[name] = Running(account, tasks)

    def _check(self, name: str) -> None:
        if name not in self._running or time.monotonic() >= self._held_until:
            raise LeaseLost(name)

    async def _stop(self, names: Sequence[str]) -> None:
        stopped = {name: self._running.pop(name) for name in names}
        for running in stopped.values():
            await running.stop()

    def _open_doors(self) -> None:
        if self._doors:
            return
        for kind, module in installed_channels().items():
            if hasattr(module, "doors"):
                doors = module.doors(KindDirectory(kind, self))
                self._doors += [asyncio.create_task(supervise(door, f"{kind} door")) for door in doors]

    async def _end(self) -> None:
        for door in self._doors:
            door.cancel()
        await asyncio.gather(*self._doors, return_exceptions=True)
        await self._stop(list(self._running))
        try:
            await self.database.keep(lambda: _give_back(self._leased, self._holder))
        except DatabaseError as error:
            log.warning("leases not given back, they run out by themselves", error=str(error))


async def supervise(run: Listener, name: str) -> None:
    """Start a listener again whenever it ends; each failure in a row waits longer."""
    pause = 1.0
    while True:
        began = time.monotonic()
        try:
            await run()
        except LeaseLost:
            return
        except Exception:
            log.exception("listener failed, starting it again", name=name)
        pause = 1.0 if time.monotonic() - began > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)


def main() -> None:
    """Run until SIGTERM or SIGINT; the leases are free for other nodes when it returns."""
    asyncio.run(_main())


async def _main() -> None:
    loop = asyncio.get_running_loop()
    stop, changed = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_hear, args=(loop, changed), name="channels-listener", daemon=True).start()
    await Connector().run(stop, changed)


def _hear(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    """A thread of its own, as long as the process: settings that changed are in force at once."""
    with Wakeups(channels.CHANGED) as wakeups:
        while not loop.is_closed():
            if wakeups.wait(leases.RENEW):
                loop.call_soon_threadsafe(changed.set)


async def _first(*events: asyncio.Event, timeout: float) -> None:
    """Until one of the events is set or the time is over."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _give_back(names: Collection[str], holder: str) -> None:
    leases.release(names, holder)
    notify(channels.CHANGED)


def _listens(account: Account) -> bool:
    module = installed_channels().get(account.kind)
    return hasattr(module, "listeners")
