"""A dump of the whole database in one file: every night, before an upgrade, on demand."""

import datetime as dt
import os
import subprocess
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from uzel.kernel.config import Config
from uzel.store.postgres.binaries import Binaries, find_binaries
from uzel.store.postgres.layout import existing_layout
from uzel.store.postgres.problems import DatabaseUnusable

KEPT = 7


def backup(config: Config) -> Path:
    """Dump the running database into <home>/backups and drop all but the newest seven. Safe while people work."""
    layout = existing_layout(config)
    url = config.database_url or (layout.url("uzel") if layout else "")
    if not url:
        raise DatabaseUnusable("There is no database to back up.", "Базы ещё нет: сохранять нечего.")
    made = dump(url, config.home / "backups", find_binaries(config), label="uzel")
    for old in sorted(made.parent.glob("uzel-*.dump"))[:-KEPT]:
        old.unlink()
    return made


def dump(url: str, folder: Path, binaries: Binaries, *, label: str) -> Path:
    """A custom-format dump (for pg_restore) with the time in its name; there only when it is complete."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    path = folder / f"{label}-{now:%Y%m%dT%H%M%S%f}.dump"
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        done = run_client(binaries.program("pg_dump"), ["--format=custom"], url, stdout=file)
    if done.returncode:
        part.unlink()
        raise DatabaseUnusable(
            f"pg_dump failed: {done.stderr.decode().strip()}. Check free space in {folder}.",
            f"pg_dump не удался: {done.stderr.decode().strip()}. Проверьте место в {folder}.",
        )
    part.rename(path)
    return path


def restore_backup(config: Config, url: str, path: Path) -> None:
    """Fill the empty database at ``url`` from a dump, whatever its roles were called. Raises DatabaseUnusable."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone()
    if found and found[0]:
        raise DatabaseUnusable(
            "There are tables in this database already. Restore into a new home (UZEL_HOME=/some/folder) or into an "
            "empty database (DATABASE_URL).",
            "В этой базе уже есть таблицы. Восстанавливайте в новый каталог (UZEL_HOME=/какая/папка) или в пустую "
            "базу (DATABASE_URL).",
        )
    restore(url, path, find_binaries(config), "--no-owner", "--no-privileges", "--no-comments")


def restore(url: str, path: Path, binaries: Binaries, *more: str) -> None:
    """Fill an empty database from a dump. Raises DatabaseUnusable."""
    options = ["--exit-on-error", "--single-transaction", *more, str(path)]
    done = run_client(binaries.program("pg_restore"), options, url)
    if done.returncode:
        raise DatabaseUnusable(
            f"pg_restore of {path} failed: {done.stderr.decode().strip()}. The dump itself is unchanged.",
            f"pg_restore из {path} не удался: {done.stderr.decode().strip()}. Сама копия не тронута.",
        )


def run_client(
    program: str, options: list[str], url: str, *, stdout: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[bytes]:
    """One of PostgreSQL's client programs. The password goes by the environment: a command line is public."""
    parts = conninfo_to_dict(url)
    environment = os.environ | {"PGPASSWORD": str(parts.pop("password", None) or "")}
    command = [program, *options, "--dbname", make_conninfo("", **{name: str(value) for name, value in parts.items()})]
    return subprocess.run(command, env=environment, stdout=stdout, stderr=subprocess.PIPE, check=False)
