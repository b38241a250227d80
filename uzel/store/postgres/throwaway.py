"""A PostgreSQL for a test or a drill, gone afterwards."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uzel.kernel.config import Config, load_config
from uzel.store.postgres import tuning
from uzel.store.postgres.binaries import find_binaries
from uzel.store.postgres.cluster import Cluster
from uzel.store.postgres.layout import Layout
from uzel.store.postgres.osuser import postgres_user

PREFIX = "uzel-pg-"
LEFT_BEHIND_AFTER = 3600.0  # seconds


@contextmanager
def throwaway(*, fast: bool = True, config: Config | None = None) -> Iterator[str]:
    """The address of an empty database ``uzel`` in a new cluster that is removed at the end.

    ``fast`` turns fsync off: right for tests, wrong for anything that measures durability.
    """
    with throwaway_cluster(fast=fast, config=config) as cluster:
        yield cluster.url


@contextmanager
def throwaway_cluster(*, fast: bool = True, config: Config | None = None) -> Iterator[Cluster]:
    """The same, for those who need the superuser or a second database (``cluster.layout.url``)."""
    user = postgres_user()
    binaries = find_binaries(config or load_config()).usable_by(user)
    _sweep()
    base = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_folder(user.can_enter(Path(tempfile.gettempdir())))))
    settings = tuning.for_tests() if fast else tuning.for_this_machine()
    try:
        with Cluster(Layout(base), binaries, user, settings=settings, durable=not fast) as cluster:
            yield cluster
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _folder(temporary_is_open: bool) -> str:
    return tempfile.gettempdir() if temporary_is_open else "/var/tmp"  # noqa: S108 - mkdtemp makes a private one


def _sweep() -> None:
    """Remove what a killed run left behind: old, and locked by nobody."""
    for base in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = base / "lock"
        try:
            if time.time() - base.stat().st_mtime < LEFT_BEHIND_AFTER or not os.access(lock, os.R_OK):
                continue
            with lock.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(base, ignore_errors=True)
        except OSError:
            continue  # in use, or removed by another run at this moment
