"""Sending what stands in the outbox. Each channel has lanes of its own, so that a slow one holds up no other.

A dispatch is claimed only when a lane is free for it: what a killed process leaves in doubt is what it was sending.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from django.db import DatabaseError, connection

from uzel.channelkit.contract import Account, Capabilities, Outcome, SendResult
from uzel.channelkit.registry import capabilities, get_channel, installed_channels
from uzel.store.channels import CHANGED, accounts
from uzel.store.outbox import RENEW, Claimed, claim, mark_lost, renew, settle
from uzel.store.outgoing import Ready, prepare
from uzel.store.waking import OUTBOX, Listener

POLL = 1.0  # seconds: the net beneath the notifications, and how late a retry may be
FRESH = 5.0  # seconds that the list of channels is kept
SETTLE_TRIES = 600
SETTLE_PAUSE = 1.0  # seconds

log = structlog.get_logger()


class Lanes:
    """One channel's threads, and how much it may hand over now."""

    def __init__(self, limits: Capabilities) -> None:
        self._threads = ThreadPoolExecutor(max_workers=limits.parallel, thread_name_prefix="send")
        self._parallel = limits.parallel
        self._per_second = limits.per_minute / 60
        self._allowance = float(limits.per_minute)
        self._counted_at = time.monotonic()
        self._most = float(limits.per_minute)

    def room(self, busy: int) -> int:
        """How many more may be claimed now: free lanes, within the pace."""
        free = self._parallel - busy
        if not self._per_second:
            return free
        now = time.monotonic()
        self._allowance = min(self._most, self._allowance + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        return min(free, int(self._allowance))

    def start(self, work: Callable[[], None]) -> None:
        self._allowance -= 1
        self._threads.submit(work)

    def close(self) -> None:
        self._threads.shutdown(wait=False)


class Sending:
    """What is being sent at this moment; shared by the loop and its lanes."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._claimed: dict[int, Claimed] = {}
        self.ending = threading.Event()

    def enter(self, batch: list[Claimed]) -> None:
        with self._lock:
            self._claimed |= {claimed.id: claimed for claimed in batch}

    def leave(self, claimed: Claimed) -> None:
        with self._lock:
            self._claimed.pop(claimed.id, None)
        self._wake.set()

    def ids(self) -> list[int]:
        with self._lock:
            return list(self._claimed)

    def busy(self, channel_id: int) -> int:
        with self._lock:
            return sum(claimed.channel_id == channel_id for claimed in self._claimed.values())

    def run(self, ready: Ready) -> None:
        """In a lane: hand over, write down, make room."""
        try:
            self.settle(ready.claimed, _hand_over(ready))
        finally:
            connection.close()
            self.leave(ready.claimed)

    def settle(self, claimed: Claimed, result: SendResult) -> None:
        """The database may be away just now; what the provider said must not be forgotten for that."""
        for _ in range(SETTLE_TRIES):
            try:
                if not settle(claimed, result):
                    log.info("dispatch went on without us", dispatch=claimed.id, outcome=result.outcome)
                return
            except DatabaseError as error:
                log.warning("database away, the result waits", dispatch=claimed.id, error=str(error))
                connection.close()
                if self.ending.wait(SETTLE_PAUSE):
                    break  # this process ends: whoever stops it does not wait for a database
        log.error("result lost, the dispatch will be unsure", dispatch=claimed.id, outcome=result.outcome)


class OutboxLoop:
    """Run by ``uzel work``. ``run`` returns when everything that was being sent is settled."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._sending = Sending(self._wake)
        self._lanes: dict[int, Lanes] = {}
        self._accounts: dict[int, Account] = {}
        self._known_at = self._renewed_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        self._sending.ending.clear()
        over = threading.Event()
        listener = threading.Thread(target=self._listen, args=(over,), name="outbox-listener", daemon=True)
        listener.start()
        try:
            while not stop.is_set():
                self._wake.clear()
                self._look_after()
                if not self._start_due():
                    connection.close()
                    self._wake.wait(POLL)
            self._finish()
        finally:
            over.set()
            for lanes in self._lanes.values():
                lanes.close()
            self._lanes.clear()

    def _listen(self, over: threading.Event) -> None:
        with Listener(OUTBOX, CHANGED) as listener:
            while not over.is_set():
                heard = listener.wait(POLL)
                if CHANGED in heard:
                    self._known_at = float("-inf")
                if heard:
                    self._wake.set()

    def _look_after(self) -> None:
        """Keep our claims, find claims of the dead, learn of changed channels."""
        now = time.monotonic()
        if now - self._renewed_at >= RENEW:
            renew(self._sending.ids())
            if lost := mark_lost():
                log.warning("sending was interrupted, a person must decide", dispatches=lost)
            self._renewed_at = now
        if now - self._known_at >= FRESH:
            self._known_at = now
            self._accounts = {found.id: found for found in accounts(active=True) if _installed(found)}
        for channel_id, account in self._accounts.items():
            if channel_id not in self._lanes:
                self._lanes[channel_id] = Lanes(capabilities(account.kind))

    def _start_due(self) -> int:
        batch = claim(_rooms(self._lanes, self._accounts, self._sending))
        self._sending.enter(batch)
        for one in self._prepared(batch):
            self._lanes[one.claimed.channel_id].start(partial(self._sending.run, one))
        return len(batch)

    def _prepared(self, batch: list[Claimed]) -> list[Ready]:
        """What can't be prepared goes back to the queue, alone: it must not take its neighbours along."""
        try:
            return prepare(batch, self._accounts)
        except Exception as error:
            if len(batch) > 1:
                return [ready for claimed in batch for ready in self._prepared([claimed])]
            log.exception("dispatch can't be prepared", dispatches=[claimed.id for claimed in batch])
            connection.close()
            for claimed in batch:
                self._sending.settle(claimed, _not_prepared(error))
                self._sending.leave(claimed)
            return []

    def _finish(self) -> None:
        """Let what is being sent come to its end, keeping its claims."""
        self._sending.ending.set()
        while self._sending.ids():
            self._look_after()
            connection.close()
            self._wake.wait(POLL)
            self._wake.clear()


def _rooms(lanes: Mapping[int, Lanes], known: Mapping[int, Account], sending: Sending) -> dict[int, int]:
    rooms = {number: lanes[number].room(sending.busy(number)) for number in known}
    return {number: room for number, room in rooms.items() if room > 0}


def _installed(account: Account) -> bool:
    return account.kind in installed_channels()


def _not_prepared(error: Exception) -> SendResult:
    """Nothing of it was sent, and that is known for sure."""
    return SendResult(
        outcome=Outcome.RETRY,
        code="not-prepared",
        reason_en=f"The message could not be prepared for sending ({error}); it is tried again by itself.",
        reason_ru=f"Сообщение не удалось подготовить к отправке ({error}); попытка повторится сама.",
    )


def _hand_over(ready: Ready) -> SendResult:
    try:
        result: SendResult = get_channel(ready.account.kind).send(ready.message, ready.account)
    except Exception as error:
        log.exception("channel failed while sending", channel=ready.account.kind, dispatch=ready.claimed.id)
        return SendResult(
            outcome=Outcome.UNSURE,
            code="error",
            reason_en=f"An error in the channel itself ({error}). The message may have left: look before repeating.",
            reason_ru=f"Ошибка в самом канале ({error}). Сообщение могло уйти: проверьте, прежде чем повторять.",
        )
    return result
