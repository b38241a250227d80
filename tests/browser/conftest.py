"""One running Uzel and one Chromium for all tests of this folder; a window of its own for every person of a test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.pages import Desk, Portal
    from tests.browser.product import Product
    from tests.browser.watched import Window

HERE = Path(__file__).parent
DIST = HERE.parents[1] / "web" / "dist"
# No looking for Google's hosts from a closed network; every picture is drawn the same everywhere.
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage --force-color-profile=srgb"
)


@pytest.fixture(scope="session")
def product(worker_database: str, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Product]":
    """A database of its own: what other tests do to the worker's is not seen in it."""
    from tests.browser.product import running_product
    from tests.conftest import OWNER_ADDRESS, TEMPLATE
    from uzel.store.postgres import create_database

    for face in ("desk", "portal"):
        if not (DIST / face / "index.html").is_file():
            pytest.fail(f"web/dist/{face} is not there: the pages are not built. Run `make web`.")
    name = f"uzel_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = create_database(os.environ[OWNER_ADDRESS], name, template=TEMPLATE)
    with running_product(url, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> "Iterator[Browser]":
    """For this package only: Playwright runs a loop in this thread, which asynchronous tests elsewhere can't share."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        missing = "no Chromium on this machine: apt install chromium, or name one in CHROMIUM"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=FLAGS.split())


@pytest.fixture
def window(browser: "Browser", product: "Product") -> "Iterator[Callable[..., Window]]":
    """Opens windows; afterwards nothing wrong may have happened in any of them."""
    from tests.browser.watched import Window

    opened: list[Window] = []

    def open_window(**how: str) -> Window:
        opened.append(Window(browser, product.url, **how))
        return opened[-1]

    yield open_window
    for one in opened:
        one.context.close()
    assert not [wrong for one in opened for wrong in one.wrongs]


@pytest.fixture
def desk(window: "Callable[..., Window]", product: "Product") -> "Callable[..., Desk]":
    """The desk of a signed-in agent."""
    from tests.browser.pages import Desk

    def open_desk(login: str = "anna", **how: str) -> Desk:
        one = window(**how)
        one.enter_as(product.caller(login).secret)
        return Desk(one)

    return open_desk


@pytest.fixture
def portal(window: "Callable[..., Window]", product: "Product") -> "Callable[..., Portal]":
    """The portal of a signed-in requester."""
    from tests.browser.pages import Portal

    def open_portal(login: str = "ivan", **how: str) -> Portal:
        one = window(**how)
        one.enter_as(product.caller(login).secret)
        return Portal(one)

    return open_portal
