"""From a mail to «it works»: one chain, two people, no reload."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Desk, Portal
from tests.browser.product import Product, body_of
from tests.browser.seed import PASSWORD
from tests.browser.watched import Window

SUBJECT = "Не печатает принтер на складе"
ADDRESS = "marina@client.example"


def sign_in(desk: Desk, login: str) -> None:
    desk.window.go("/desk/")
    desk.at("sign-in-login").fill(login)
    desk.at("sign-in-password").fill(PASSWORD)
    desk.at("sign-in-submit").click()
    expect(desk.at("view-open")).to_be_visible()


@pytest.mark.timeout(180)
def test_a_mail_becomes_a_chain_that_the_requester_confirms(
    product: Product, window: Callable[..., Window], tmp_path: Path
) -> None:
    desk = Desk(window())
    sign_in(desk, "anna")
    desk.at("view-open").click()

    # The list is open; nobody reloads it.
    product.mail(SUBJECT, "Ошибка E-17 с самого утра.", sender=ADDRESS, name="Марина Лебедева")
    expect(desk.row(SUBJECT)).to_be_visible()
    answer_by_keyboard(desk, "Снимите крышку и перезапустите.")
    answer = product.answer_to(ADDRESS, "Снимите крышку")
    expect(desk.page).to_have_url(re.compile(r"/U-\d+$"))
    assert desk.page.url.rpartition("/")[2] in answer["Subject"]
    assert re.search(r"help\+[\w.-]+@desk\.example", answer["Reply-To"])
    expect(desk.entry("Снимите крышку").get_by_test_id("dispatch-tick")).to_have_attribute("title", "Отправлено")

    # Her answer comes in while the ticket is open.
    thread = {"To": answer["Reply-To"], "In_Reply_To": answer["Message-ID"]}
    product.mail(f"Re: {answer['Subject']}", "Сняла, не помогло.", sender=ADDRESS, **thread)
    expect(desk.entry("Сняла, не помогло.")).to_be_visible()

    portal = enter_by_link(product, window, ADDRESS)
    portal.row(SUBJECT).click()
    for text in ("Ошибка E-17", "Снимите крышку", "Сняла, не помогло."):
        expect(portal.entry(text)).to_be_visible()
    write_with_file(portal, desk, tmp_path / "журнал.txt")

    desk.set_status("resolved")
    portal.at("portal-confirm").click()
    expect(portal.at("portal-confirm")).to_have_count(0)
    expect(desk.status()).to_contain_text("Закрыто")
    portal.window.shoot("portal-confirmed")
    desk.window.shoot("desk-confirmed")


def answer_by_keyboard(desk: Desk, text: str) -> None:
    """Open the first ticket of the list, take it, answer."""
    desk.page.keyboard.press("KeyJ")
    expect(desk.subject()).to_have_text(SUBJECT)
    desk.page.keyboard.press("KeyT")
    expect(desk.at("take-button")).to_have_count(0)
    desk.page.keyboard.press("KeyR")
    expect(desk.at("composer-text")).to_be_focused()
    desk.page.keyboard.type(text)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.entry(text)).to_be_visible()


def write_with_file(portal: Portal, desk: Desk, file: Path) -> None:
    """From the portal; it is the same file at the desk."""
    file.write_text("E-17 " * 40_000)
    portal.page.locator("input[type=file]").set_input_files(file)
    portal.write("Вот журнал принтера.")
    expect(portal.at("composer-send")).to_be_enabled()
    portal.at("composer-send").click()
    with desk.page.expect_download() as downloading:
        desk.entry("Вот журнал принтера.").get_by_role("link", name=file.name).click()
    assert downloading.value.path().read_text() == "E-17 " * 40_000


def enter_by_link(product: Product, window: Callable[..., Window], address: str) -> Portal:
    portal = Portal(window())
    portal.window.go("/portal/")
    portal.at("link-email").fill(address)
    portal.page.keyboard.press("Enter")
    link = re.search(r"http://127\.0\.0\.1:\d+/\S+", body_of(product.answer_to(address, "/portal/link")))
    assert link is not None
    portal.page.goto(link.group())
    expect(portal.at("portal-new")).to_be_visible()
    assert "token" not in portal.page.url
    return portal
