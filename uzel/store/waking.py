"""Waking sleeping loops over PostgreSQL's NOTIFY. It carries no news, only «look»: a slow poll is the net beneath.

A NOTIFY per commit takes a lock that cuts inserts to a quarter, so hot paths go through ``Waker``, which sends
at most forty a second from a connection of its own.
"""

import select
import threading
import time
from types import TracebackType

import psycopg
from django.db import connection

INTAKE = "uzel_intake"
OUTBOX = "uzel_outbox"
LIVE = "uzel_live"

_SPACING = 0.025  # seconds between two notifications of one process


def notify(channel: str) -> None:
    """Wake the listeners of ``channel`` when the present transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [channel])


def open_connection() -> psycopg.Connection:
    """A connection outside Django's pool, in autocommit: for listeners, wakers and leases that live long."""
    params = connection.get_connection_params()
    wanted = {key: params[key] for key in ("host", "port", "user", "password", "dbname") if params.get(key)}
    return psycopg.connect(**wanted, autocommit=True)


class Waker:
    """Coalesces wake-ups of one process. Start lazily, one per process; losing one costs a poll interval."""

    def __init__(self) -> None:
        self._due: set[str] = set()
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None

    def notify_soon(self, channel: str) -> None:
        with self._lock:
            self._due.add(channel)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="waker", daemon=True)
                self._thread.start()
            self._lock.notify()

    def _send(self) -> None:
        line: psycopg.Connection | None = None
        while True:
            with self._lock:
                while not self._due:
                    self._lock.wait()
                due, self._due = self._due, set()
            try:
                line = line or open_connection()
                for channel in due:
                    line.execute("SELECT pg_notify(%s, '')", [channel])
            except psycopg.Error:
                line = None  # the pollers see the rows anyway; a new connection is tried with the next wake-up
            time.sleep(_SPACING)


waker = Waker()


class Listener:
    """Waits for any of ``channels``. A broken connection counts as a wake-up: whoever listens looks and tries again."""

    def __init__(self, *channels: str) -> None:
        self._channels = channels
        self._line: psycopg.Connection | None = None

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._line is not None:
            self._line.close()

    def wait(self, timeout: float) -> set[str]:
        """The channels that woke us within ``timeout`` seconds; empty when none did."""
        try:
            return self._wait(timeout)
        except psycopg.Error:
            self._line = None
            time.sleep(min(timeout, 0.5))
            return set(self._channels)

    def _wait(self, timeout: float) -> set[str]:
        if self._line is None:
            self._line = open_connection()
            for channel in self._channels:
                self._line.execute(f'LISTEN "{channel}"')
            return set(self._channels)  # whatever came before we listened
        heard = self._drain()
        if not heard:
            select.select([self._line.fileno()], [], [], timeout)
            heard = self._drain()
        return heard

    def _drain(self) -> set[str]:
        assert self._line is not None
        return {note.channel for note in self._line.notifies(timeout=0)}
