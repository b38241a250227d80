"""A telephone's screen: everything within reach, nothing beside the edge."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages import Desk, Face, Portal
from tests.browser.product import Product
from tests.browser.test_chain import open_ticket
from tests.browser.watched import SIZES

LONG = "Оченьдлинноесловобезпробеловкотороенекудаперенести" * 3


def expect_nothing_beside_the_edge(face: Face) -> None:
    """A telephone shrinks a page that is too wide: then more than its own width of it is in view."""
    widths = face.page.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")
    assert max(widths) <= SIZES["phone"]["width"], f"{face.page.url} is {widths} wide"


def test_an_agent_works_on_a_telephone(product: Product, desk: Callable[..., Desk]) -> None:
    open_ticket(product, "ivan", f"С телефона {LONG}")
    page = desk(size="phone").list()
    expect_nothing_beside_the_edge(page)

    page.row("С телефона").tap()
    expect(page.subject()).to_be_visible()
    expect(page.at("ticket-row")).to_have_count(0)
    expect_nothing_beside_the_edge(page)
    page.send(f"Отвечаю с телефона {LONG}")
    expect_nothing_beside_the_edge(page)
    page.window.shoot("phone-desk-ticket")

    page.page.get_by_role("button", name="К списку").tap()
    expect(page.row("С телефона")).to_be_visible()


def test_a_requester_works_on_a_telephone(product: Product, portal: Callable[..., Portal]) -> None:
    page = portal("olga", size="phone").home()
    expect_nothing_beside_the_edge(page)
    page.at("portal-new").tap()
    page.at("portal-text").fill(f"Пишу с телефона. {LONG}")
    expect_nothing_beside_the_edge(page)
    page.at("portal-submit").tap()

    expect(page.at("ticket-subject")).to_contain_text("Пишу с телефона")
    expect_nothing_beside_the_edge(page)
    page.send("И ещё вот что")
    page.window.shoot("phone-portal-ticket")
    page.page.locator("main header a").tap()
    expect(page.row("Пишу с телефона")).to_be_visible()
