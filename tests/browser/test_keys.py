"""Shortcuts are places on the keyboard, not letters."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages import Desk
from tests.browser.product import Product
from tests.browser.test_chain import open_ticket


def test_keys_work_with_a_russian_layout(product: Product, desk: Callable[..., Desk]) -> None:
    for subject in ("Раскладка: второе", "Раскладка: первое"):
        open_ticket(product, "ivan", subject)
    page = desk("boris").list()
    expect(page.row("Раскладка: первое")).to_be_visible()

    page.press_russian("j")
    expect(page.subject()).to_have_text("Раскладка: первое")
    page.press_russian("j")
    expect(page.subject()).to_have_text("Раскладка: второе")
    page.press_russian("k")
    expect(page.subject()).to_have_text("Раскладка: первое")
    page.press_russian("t")
    expect(page.at("take-button")).to_have_count(0)

    page.press_russian("r")
    expect(page.at("composer-text")).to_be_focused()
    page.page.keyboard.insert_text("оно")
    page.press_russian("j")  # now a letter
    expect(page.at("composer-text")).to_have_value("оноо")
    expect(page.subject()).to_have_text("Раскладка: первое")
    page.page.keyboard.press("Escape")
    page.press_russian("n")
    expect(page.at("composer-note")).to_have_attribute("aria-selected", "true")
    expect(page.at("composer-text")).to_have_value("")


def test_the_list_is_walked_by_arrows_and_the_keys_are_listed(desk: Callable[..., Desk]) -> None:
    page = desk().list()
    first = page.at("ticket-row").first
    first.focus()
    page.page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-current", "true")
    page.page.keyboard.press("Shift+Slash")
    expect(page.page.get_by_role("dialog")).to_be_visible()
    page.window.shoot("desk-keys")
    page.page.keyboard.press("Escape")
    expect(page.page.get_by_role("dialog")).to_have_count(0)
