"""Bring the tables up to date, once, however many nodes start at the same moment."""

import psycopg

from uzel.store import setup

LOCK = 0x757A656C  # "uzel"; nothing else takes this advisory lock


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
