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

    # By keyboard alone: open, take, answer.
    desk.page.keyboard.press("KeyJ")
    expect(desk.subject()).to_have_text(SUBJECT)
    desk.page.keyboard.press("KeyT")
    expect(desk.at("take-button")).to_have_count(0)
    desk.page.keyboard.press("KeyR")
    expect(desk.at("composer-text")).to_be_focused()
    desk.page.keyboard.type("Снимите крышку и перезапустите.")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.entry("Снимите крышку")).to_be_visible()

    number = re.search(r"U-\d+", desk.page.url)
    assert number is not None
    answer = product.answer_to(ADDRESS, "Снимите крышку")
    assert number.group() in answer["Subject"]
    assert re.search(r"help\+[\w.-]+@desk\.example", answer["Reply-To"])
    expect(desk.entry("Снимите крышку").get_by_test_id("dispatch-tick")).to_have_attribute("title", "Отправлено")

    # Her answer comes in while the ticket is open.
    product.mail(
        f"Re: {answer['Subject']}", "Сняла, не помогло.", sender=ADDRESS, To=answer["Reply-To"],
        In_Reply_To=answer["Message-ID"],
    )  # fmt: skip
    expect(desk.entry("Сняла, не помогло.")).to_be_visible()

    portal = enter_by_link(product, window, ADDRESS)
    portal.row(SUBJECT).click()
    for text in ("Ошибка E-17", "Снимите крышку", "Сняла, не помогло."):
        expect(portal.entry(text)).to_be_visible()
    (tmp_path / "журнал.txt").write_text("E-17 " * 40_000)
    portal.page.locator("input[type=file]").set_input_files(tmp_path / "журнал.txt")
    portal.write("Вот журнал принтера.")
    expect(portal.at("composer-send")).to_be_enabled()
    portal.at("composer-send").click()
    expect(desk.entry("Вот журнал принтера.")).to_contain_text("журнал.txt")
    with desk.page.expect_download() as downloading:
        desk.entry("Вот журнал принтера.").get_by_role("link", name="журнал.txt").click()
    assert downloading.value.path().read_text() == "E-17 " * 40_000

    desk.set_status("resolved")
    portal.at("portal-confirm").click()
    expect(portal.at("portal-confirm")).to_have_count(0)
    expect(desk.status()).to_contain_text("Закрыто")
    portal.window.shoot("portal-confirmed")
    desk.window.shoot("desk-confirmed")


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
