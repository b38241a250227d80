"""One real PostgreSQL per pytest run, one database per worker, a clean one for every test that asks for ``db``.

``UZEL_TEST_PG=system`` runs the same on the system's PostgreSQL instead of the wheel's. Without xdist the cluster is
started by the first test that needs it; with xdist by the controller, and the workers share it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from uzel.store import setup
from uzel.store.postgres import create_database, throwaway_cluster, with_database
from uzel.store.postgres.layout import SUPERUSER

TEMPLATE = "template_uzel"
CLEANUP = pytest.StashKey[ExitStack]()
OWNER_ADDRESS = "UZEL_TEST_OWNER"  # how the controller tells the workers where the cluster is
SUPERUSER_ADDRESS = "UZEL_TEST_SUPERUSER"


def pytest_configure(config: pytest.Config) -> None:
    """A home and an address before anything is collected: test modules import models at their top."""
    cleanup = config.stash[CLEANUP] = ExitStack()
    home = Path(tempfile.mkdtemp(prefix="uzel-test-home-"))
    cleanup.callback(shutil.rmtree, home, ignore_errors=True)
    os.environ["UZEL_HOME"] = str(home)
    os.environ.pop("UZEL_CONFIG", None)
    if os.environ.get("UZEL_TEST_PG") == "system":
        os.environ["PG_BIN"] = str(system_binaries())
    if not hasattr(config, "workerinput"):
        os.environ.pop(OWNER_ADDRESS, None)
        if getattr(config.option, "numprocesses", None):
            start_cluster(cleanup)
    os.environ["DATABASE_URL"] = "postgresql:///not-started-yet"
    setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[CLEANUP].close()


def system_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.exit("UZEL_TEST_PG=system: no PostgreSQL in /usr/lib/postgresql. apt install postgresql", 1)
    return found[-1].parent


def start_cluster(cleanup: ExitStack) -> None:
    """Start it and migrate the template in a process of its own; Django here is to see another database."""
    cluster = cleanup.enter_context(throwaway_cluster())
    template = create_database(cluster.url, TEMPLATE)
    environment = os.environ | {"DATABASE_URL": template}
    code = f"from uzel.store.migrating import migrate; migrate({template!r})"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    keep_seed(with_database(cluster.layout.url("postgres", role=SUPERUSER), TEMPLATE))
    os.environ[OWNER_ADDRESS] = cluster.url
    os.environ[SUPERUSER_ADDRESS] = cluster.layout.url("postgres", role=SUPERUSER)


@pytest.fixture(scope="session")
def worker_database(request: pytest.FixtureRequest) -> str:
    """The address of this worker's own migrated database; Django and child processes point at it from here on."""
    if OWNER_ADDRESS not in os.environ:
        start_cluster(request.config.stash[CLEANUP])
    name = f"uzel_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = create_database(os.environ[OWNER_ADDRESS], name, template=TEMPLATE)
    os.environ["DATABASE_URL"] = url
    from uzel.store.django_settings import database  # not before: it reads the configuration when imported

    connections.settings["default"].update(database(url, connections=8))
    return url


@pytest.fixture
def database_url(worker_database: str) -> Iterator[str]:
    """A database as migrations leave it, for this test's role processes too (also in DATABASE_URL)."""
    connections.close_all()
    clean(with_database(os.environ[SUPERUSER_ADDRESS], worker_database.rpartition("/")[2].partition("?")[0]))
    yield worker_database
    connections.close_all()


@pytest.fixture
def db(database_url: str) -> BaseDatabaseWrapper:
    """The same, by Django's connection. Nothing wraps the test: what it commits is committed."""
    return connections["default"]


def keep_seed(url: str) -> None:
    """Remember the rows that migrations made."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA seed")
        for table in filled_tables(connection):
            connection.execute(sql.SQL("CREATE TABLE seed.{0} AS TABLE public.{0}").format(sql.Identifier(table)))


def clean(url: str) -> None:
    """Back to what migrations left. Needs the superuser: no trigger fires, no foreign key is in the way."""
    with psycopg.connect(url, options="-c session_replication_role=replica -c lock_timeout=20s") as connection:
        for table in filled_tables(connection):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'seed'").fetchall():
            connection.execute(sql.SQL("INSERT INTO public.{0} TABLE seed.{0}").format(sql.Identifier(table)))


def filled_tables(connection: psycopg.Connection) -> list[str]:
    """Tables with rows. Asked of the tables themselves: statistics lag behind what other processes did."""
    listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
    tables = [name for (name,) in connection.execute(listing).fetchall()]
    question = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    asked = [question.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(asked)).fetchall()]
