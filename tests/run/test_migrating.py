"""Tables are brought up to date once, and it is known cheaply whether they are."""

import os
import subprocess
import sys

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from uzel.store.migrating import is_current, migration_folders, pending
from uzel.store.postgres import create_database, throwaway


def test_the_cheap_question_knows_every_app_with_migrations(db: BaseDatabaseWrapper) -> None:
    found = {app.label for app in apps.get_app_configs()} & MigrationLoader(db).migrated_apps

    assert set(migration_folders()) == found
    assert not pending()
    assert is_current(os.environ["DATABASE_URL"])


def test_two_nodes_starting_at_once_migrate_once() -> None:
    code = "import sys; from uzel.store.migrating import migrate; print(len(migrate(sys.argv[1])))"
    with throwaway() as server:
        url = create_database(server, "nodes")
        assert not is_current(url)
        command = [sys.executable, "-c", code, url]
        environment = os.environ | {"DATABASE_URL": url}
        nodes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        applied = sorted(int(node.communicate(timeout=100)[0]) for node in nodes)

        assert [node.returncode for node in nodes] == [0, 0]
        assert applied[0] == 0
        assert applied[1] > 0
        assert is_current(url)
