"""Where benches run: a PostgreSQL of their own beside the installation's, kept between runs, never the real one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from uzel.kernel.config import Config, load_config
from uzel.store import setup
from uzel.store.postgres import Cluster, check_database, own_cluster
from uzel.store.postgres.layout import SUPERUSER


class Place(NamedTuple):
    """A running bench database: ``url`` as the application sees it, ``superuser_url`` for loading."""

    url: str
    superuser_url: str
    cluster: Cluster


def bench_config() -> Config:
    """The installation's configuration with the bench's own home."""
    config = load_config()
    home = config.home / "bench"
    return msgspec.structs.replace(
        config,
        home=home,
        database_url="",
        blobs=home / "blobs",
        secret_key_file=home / "secret.key",
        demo=False,
    )


@contextmanager
def bench_place() -> Iterator[Place]:
    """Start the bench's database, migrated, and point this process and its children at it."""
    config = bench_config()
    config.home.mkdir(parents=True, exist_ok=True)
    with own_cluster(config) as cluster:
        check_database(cluster.url)
        os.environ["UZEL_HOME"] = str(config.home)
        os.environ["DATABASE_URL"] = cluster.url
        setup()
        from uzel.store.migrating import migrate

        migrate(cluster.url)
        database = cluster.url.rpartition("/")[2].partition("?")[0]
        yield Place(cluster.url, cluster.layout.url(database, role=SUPERUSER), cluster)
