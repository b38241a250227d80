"""A small desk with something to hide, and a real ``uzel live`` beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live.pages import Desk, LiveProcess


@pytest.fixture
def desk(db: Any) -> "Desk":
    from tests.live.pages import make_desk  # models can be imported only after pytest is configured

    return make_desk()


@pytest.fixture
def live(desk: "Desk", database_url: str) -> Iterator["LiveProcess"]:
    from tests.live.pages import start_live

    started = start_live(database_url)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
