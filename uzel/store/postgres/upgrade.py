"""From one major version of PostgreSQL to the next: dump with the old programs, restore with the new."""

from pathlib import Path

from uzel.kernel.config import Config
from uzel.store.postgres import tuning
from uzel.store.postgres.backup import dump, restore
from uzel.store.postgres.binaries import find_binaries, find_major
from uzel.store.postgres.cluster import Cluster, other_major
from uzel.store.postgres.layout import OWNER, SUPERUSER, layout_of
from uzel.store.postgres.osuser import postgres_user


def upgrade(config: Config) -> Path | None:
    """The dump it was done with, or None if there was nothing to do. The old folder stays as ``data.<major>``.

    Raises DatabaseUnusable, leaving the old folder in its place, when the old programs are missing or the dump fails.
    """
    user = postgres_user()
    new = find_binaries(config).usable_by(user)
    layout = layout_of(config, user)
    version = layout.data / "PG_VERSION"
    if not version.exists() or (major := int(version.read_text())) == new.major:
        return None
    old = find_major(major)
    if old is None:
        raise other_major(layout.data, found=major, have=new)
    settings = tuning.for_this_machine()
    with Cluster(layout, old.usable_by(user), user, settings=settings) as cluster:
        path = dump(cluster.url, config.home / "backups", new, label=f"before-upgrade-from-{major}")
    kept = layout.data.rename(layout.base / f"data.{major}")
    try:
        with Cluster(layout, new, user, settings=settings):
            restore(layout.url(OWNER, role=SUPERUSER), path, new)
    except BaseException:
        if layout.data.exists():
            layout.data.rename(layout.base / f"data.{new.major}.failed")
        kept.rename(layout.data)
        raise
    return path
