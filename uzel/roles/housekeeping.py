"""What has to be done again and again so that nothing grows for ever, and the nightly backup.

Procrastinate jobs inside ``uzel work``: in a cluster each chore runs once, wherever a worker is free.
"""

import asyncio
import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from procrastinate import PsycopgConnector
from procrastinate.contrib.django.db_cleanup import DjangoApp

from uzel.kernel.config import Config, load_config
from uzel.services.mailed_links import forget_old_links
from uzel.store.blobs import blobs
from uzel.store.idempotency import forget_old_answers
from uzel.store.live import purge_events
from uzel.store.postgres import own_url
from uzel.store.postgres.backup import backup
from uzel.store.sessions import forget_old_sessions
from uzel.store.tally import fold_tally
from uzel.store.throttle import forget_old_tries
from uzel.store.uploads import forget_old_uploads

QUEUE = "housekeeping"
NIGHT = range(1, 5)  # local hours
BACKUP_EVERY, BACKUP_AT_LATEST = dt.timedelta(hours=20), dt.timedelta(hours=30)
PENDING_FILES = 6 * 3600.0  # seconds; no transaction that writes a file lasts longer
STOP_PATIENCE = 5.0  # seconds

log = structlog.get_logger()


class Chore(NamedTuple):
    """``cron`` in UTC."""

    name: str
    cron: str
    work: Callable[[], Any]


def sweep_files() -> int:
    return blobs().sweep(PENDING_FILES)


def back_up_when_due() -> str:
    """Once a night; in the daytime only on a machine that sleeps at night."""
    config = load_config()
    if not is_due(newest_backup(config), dt.datetime.now().astimezone()):
        return ""
    return str(backup(config))


def is_due(last: dt.datetime | None, now: dt.datetime) -> bool:
    """``now`` in local time. The first night, or the first day and a half, makes the first one."""
    if last is None:
        return now.hour in NIGHT
    return now - last > (BACKUP_EVERY if now.hour in NIGHT else BACKUP_AT_LATEST)


def newest_backup(config: Config) -> dt.datetime | None:
    """When this node made its newest backup; before there is one, when its home was made."""
    made = [path.stat().st_mtime for path in Path(config.home, "backups").glob("uzel-*.dump")]
    if not made and config.secret_key_file.exists():
        made = [config.secret_key_file.stat().st_mtime]
    return dt.datetime.fromtimestamp(max(made), dt.UTC) if made else None


CHORES = (
    Chore("fold-tally", "* * * * *", fold_tally),
    Chore("purge-live-events", "*/10 * * * *", purge_events),
    Chore("forget-tries", "7,37 * * * *", forget_old_tries),
    Chore("forget-answers", "11 * * * *", forget_old_answers),
    Chore("forget-uploads", "17 * * * *", forget_old_uploads),
    Chore("sweep-files", "23 * * * *", sweep_files),
    Chore("forget-sessions", "29 3 * * *", forget_old_sessions),
    Chore("forget-links", "31 3 * * *", forget_old_links),
    Chore("backup", "41 * * * *", back_up_when_due),
)


def make_app(address: str) -> DjangoApp:
    """Procrastinate with our chores; Django's connections are given back after each."""
    app = DjangoApp(connector=PsycopgConnector(conninfo=address, min_size=1, max_size=4))
    for chore in CHORES:
        task = app.task(name=chore.name, queue=QUEUE, lock=chore.name, queueing_lock=chore.name)(_job(chore))
        app.periodic(cron=chore.cron, queue=QUEUE, lock=chore.name, queueing_lock=chore.name)(task)
    return app


def _job(chore: Chore) -> Callable[[int], None]:
    def run(timestamp: int) -> None:
        done = chore.work()
        if done:
            log.info("housekeeping", chore=chore.name, result=done)

    return run


def run_housekeeping(stop: threading.Event) -> None:
    """Do the chores as they fall due until ``stop`` is set. Raises what keeps the worker from working."""
    config = load_config()
    asyncio.run(_work(make_app(config.database_url or own_url(config) or ""), stop))


async def _work(app: DjangoApp, stop: threading.Event) -> None:
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                name="housekeeping",
                concurrency=1,
                install_signal_handlers=False,
                delete_jobs="successful",
                fetch_job_polling_interval=30.0,
                shutdown_graceful_timeout=STOP_PATIENCE,
            )
        )
        while not stop.is_set() and not worker.done():
            await asyncio.wait([worker], timeout=0.5)
        if worker.done():
            worker.result()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
