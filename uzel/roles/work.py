"""``uzel work``: takes in deliveries, sends what stands in the outbox, keeps house. Any number may run at once."""

import signal
import threading
import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connection

from uzel.pipeline.intake import take_in_batch
from uzel.roles.housekeeping import run_housekeeping
from uzel.roles.outbox import OutboxLoop
from uzel.store.waking import INTAKE, Listener

BATCH = 50
POLL = 2.0  # seconds: the net beneath the notifications

log = structlog.get_logger()


def main() -> None:
    """Run until SIGTERM or SIGINT. What is under way when the process is killed is taken up by the next one."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        threading.Thread(target=_guarded, args=(name, run, stop), name=name)
        for name, run in (("intake", intake_loop), ("outbox", OutboxLoop().run), ("housekeeping", run_housekeeping))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def intake_loop(stop: threading.Event) -> None:
    """Take in batches while there are any, then sleep until woken."""
    with Listener(INTAKE) as listener:
        while not stop.is_set():
            if not take_in_batch(BATCH):
                connection.close()
                listener.wait(POLL)


def _guarded(name: str, run: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """A loop that loses its database comes back by itself: the rows wait."""
    while not stop.is_set():
        try:
            run(stop)
        except DatabaseError as error:
            log.warning("database away, trying again", loop=name, error=str(error))
            connection.close()
            stop.wait(1.0)
        except Exception:
            log.exception("loop failed, starting it again", loop=name)
            time.sleep(1.0)
