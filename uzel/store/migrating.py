"""Bring the tables up to date, once, however many nodes start at the same moment."""

import importlib.util
from pathlib import Path

import psycopg

from uzel.store import setup

LOCK = 0x757A656C  # "uzel"; nothing else takes this advisory lock


def is_current(url: str) -> bool:
    """Whether every migration file is in the database's journal. Asked without Django, which takes a second to load."""
    wanted = {(app, file.stem) for app, folder in migration_folders().items() for file in folder.glob("[0-9]*.py")}
    with psycopg.connect(url) as connection:
        try:
            rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        except psycopg.errors.UndefinedTable:
            return False
    return wanted <= set(rows)


def migration_folders() -> dict[str, Path]:
    """The installed apps that have migrations, by label; found without importing them."""
    procrastinate = importlib.util.find_spec("procrastinate")
    assert procrastinate is not None
    assert procrastinate.origin is not None
    return {
        "store": Path(__file__).with_name("migrations"),
        "procrastinate": Path(procrastinate.origin).parent / "contrib" / "django" / "migrations",
    }


def migrate(url: str) -> list[str]:
    """Apply what is missing; its names. ``url`` is where this process's Django settings point."""
    setup()
    from django.core.management import call_command
    from django.db import connections

    with psycopg.connect(url, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        missing = pending()
        if missing:
            call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()
    return missing


def pending() -> list[str]:
    """Names of migrations that this database does not have yet, in order."""
    setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
