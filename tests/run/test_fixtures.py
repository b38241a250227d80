"""The database that every other test stands on is itself clean and real."""

import subprocess
import sys

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_the_database_as_migrations_left_it(db: BaseDatabaseWrapper, turn: int) -> None:
    from uzel.store.models import Person

    assert Person.objects.count() == 0
    Person.objects.create()


def test_another_process_sees_what_the_test_committed(database_url: str) -> None:
    from uzel.store.models import Person

    Person.objects.create()
    code = "import uzel.store as s; s.setup(); from uzel.store.models import Person; print(Person.objects.count())"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert seen.stdout.strip() == "1"
