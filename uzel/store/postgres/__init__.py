"""The database of this installation: DATABASE_URL, or our own PostgreSQL started as a child of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from uzel.kernel.config import Config
from uzel.store.postgres import tuning
from uzel.store.postgres.binaries import find_binaries
from uzel.store.postgres.cluster import Cluster
from uzel.store.postgres.layout import OWNER, existing_layout, layout_of
from uzel.store.postgres.osuser import postgres_user
from uzel.store.postgres.probe import check_database
from uzel.store.postgres.problems import DatabaseUnusable
from uzel.store.postgres.throwaway import throwaway, throwaway_cluster

__all__ = [
    "Cluster",
    "DatabaseUnusable",
    "check_database",
    "create_database",
    "own_cluster",
    "own_url",
    "running",
    "throwaway",
    "throwaway_cluster",
    "with_database",
]


@contextmanager
def running(config: Config) -> Iterator[str]:
    """The address of a database that answers and was found fit. Our own server runs as long as the block does."""
    if config.database_url:
        check_database(config.database_url)
        yield config.database_url
        return
    with own_cluster(config) as cluster:
        check_database(cluster.url)
        yield cluster.url


def own_cluster(config: Config) -> Cluster:
    """This home's own PostgreSQL, not started yet."""
    user = postgres_user()
    binaries = find_binaries(config).usable_by(user)
    settings = tuning.for_this_machine() | config.postgres
    return Cluster(layout_of(config, user), binaries, user, settings=settings)


def own_url(config: Config) -> str | None:
    """Where this home's own PostgreSQL answers when it runs; None if it was never made."""
    layout = existing_layout(config)
    return layout.url(OWNER) if layout else None


def create_database(url: str, name: str, *, template: str | None = None) -> str:
    """Make a database beside the one that ``url`` names; its address. ``template`` must have no connections."""
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        connection.execute(statement)
    return with_database(url, name)


def with_database(url: str, name: str) -> str:
    """``url`` pointing at another database of the same server."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")
