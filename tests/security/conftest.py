"""Every attack has a clean database and callers who have not called yet."""

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper


@pytest.fixture(autouse=True)
def _fresh(db: BaseDatabaseWrapper) -> None:
    from uzel.api.gate import pace  # not before: settings are ready once the first test asks for a database

    pace.forget()
