"""Every test of the services has a clean database, a portal and a mail channel."""

from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper


@pytest.fixture
def desk(db: BaseDatabaseWrapper) -> Any:
    from tests.services.desk import Desk  # not before: models can be imported once the run is configured

    return Desk()
