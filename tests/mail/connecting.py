"""``uzel connect`` inside the test's process (a thread with its own event loop), or as a process of its own."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mail.ports import running
from uzel.roles.connect import Connector


class Connecting:
    """``stop`` ends it as SIGTERM does; ``wake`` as changed settings do."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop, self._changed = asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._changed.set)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(30)
        assert not self._thread.is_alive(), "uzel connect does not stop"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(Connector().run(self._stop, self._changed))


@contextmanager
def connecting() -> Iterator[Connecting]:
    connector = Connecting()
    try:
        yield connector
    finally:
        connector.stop()


@contextmanager
def connect_process(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A node of its own; it takes its database from DATABASE_URL like any other."""
    env = os.environ | {"UZEL_SMTP_PORT": "0"}
    code = "from uzel.store import setup; setup(); from uzel.roles.connect import main; main()"
    with running([sys.executable, "-c", code], log=log, env=env) as process:
        yield process
