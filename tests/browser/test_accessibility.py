"""axe-core finds nothing against WCAG 2.2 A and AA: both faces, sizes, languages and themes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Desk, Portal
from tests.browser.product import Product
from tests.browser.test_chain import open_ticket
from tests.browser.watched import Window

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (rules) => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations
    .map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | ')}`)"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.fail(f"{AXE.name} is not there. Run `make web`: it brings what web/package.json names.")
    return AXE.read_text()


def states(product: Product, window: Window) -> Iterator[str]:
    """Brings the window into each state and says its name."""
    desk, portal = Desk(window), Portal(window)
    for face in ("desk", "portal"):
        window.go(f"/{face}/")
        expect(desk.at("sign-in-login").or_(desk.at("link-email"))).to_be_visible()
        yield f"{face}-sign-in"
    number = open_ticket(product, "olga", "Проверка доступности")
    product.caller("boris").post(f"/tickets/{number}/notes", {"text": "Заметка для своих"})
    reply = {"text": "Проверяем", "via": "portal", "status_after": "resolved"}
    product.caller("boris").post(f"/tickets/{number}/replies", reply)
    window.enter_as(product.caller("boris").secret)
    desk.list("all")
    expect(desk.at("ticket-row").first).to_be_visible()
    yield "desk-list"
    desk.ticket(number)
    expect(desk.entry("Заметка для своих")).to_be_visible()
    yield "desk-ticket"
    desk.page.keyboard.press("KeyC")
    expect(desk.at("new-subject")).to_be_visible()
    yield "desk-new-ticket"
    window.enter_as(product.caller("olga").secret)
    portal.home()
    expect(portal.row("Проверка доступности").first).to_be_visible()
    yield "portal-home"
    portal.at("portal-new").click()
    expect(portal.at("portal-submit")).to_be_visible()
    yield "portal-new-ticket"
    portal.ticket(number)
    expect(portal.at("portal-confirm")).to_be_visible()
    yield "portal-ticket"


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    return list(page.evaluate(RUN, RULES))


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_axe_finds_nothing(product: Product, window: Callable[..., Window], axe: str, size: str, locale: str) -> None:
    one = window(size=size, locale=locale)
    found = []
    for state in states(product, one):
        for theme in ("light", "dark"):
            one.use_theme(theme)
            one.shoot(f"{state}-{size}-{theme}-{locale}")
            found += [f"{state} {theme}: {violation}" for violation in violations(one.page, axe)]
    assert not found
