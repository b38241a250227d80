"""A mail is read, never run: no script, no dialog, no request to another machine; each window watches for that."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import hostile_mails
from tests.browser.pages import Desk
from tests.browser.product import Product, eventually

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "mail"
ACTIVE = (
    "script, iframe, object, embed, form, link, meta[http-equiv=refresh], base, video, [onerror], [onload], [src^=http]"
)
LINKS = "a[href^='javascript' i], a[href^='data' i], a[href^='vbscript' i]"


def numbers_of(product: Product, senders: set[str]) -> dict[str, str]:
    """Ticket numbers by the address that wrote, once everybody has one."""

    def find() -> dict[str, str] | None:
        rows = product.caller("anna").get("/tickets", view="all", limit=100)["items"]
        found = {}
        for row in rows:
            if row["requester_name"] == "Гость" or "onerror" in row["requester_name"]:
                ticket = product.caller("anna").get(f"/tickets/{row['number']}")["ticket"]
                found[ticket["requester"]["handles"][0]["value"].partition("@")[0]] = row["number"]
        return found if senders <= set(found) else None

    found = eventually(find, f"tickets of {senders}")
    assert found is not None
    return found


def show_original(page: Desk) -> bool:
    """Lay the newest mail out as its sender wanted; False if it has no layout."""
    button = page.at("timeline-entry").locator("button[aria-pressed]")
    if not button.count():
        return False
    button.last.click()
    expect(page.page.locator("iframe")).to_be_visible()
    page.page.wait_for_load_state()
    return True


def test_hostile_mails_are_read_and_do_nothing(product: Product, desk: Callable[..., Desk]) -> None:
    mails = hostile_mails()
    for _, mail in mails:
        product.send(mail)
    numbers = numbers_of(product, {word for word, _ in mails})
    page = desk().list()  # subjects, names and previews
    expect(page.at("ticket-row").first).to_be_visible()
    laid_out = 0
    for word, _ in mails:
        page.page.locator(f"[data-number={numbers[word]}]").click()
        expect(page.entry(f"Начало {word}")).to_be_visible()
        if show_original(page):
            laid_out += 1
            frame = page.page.frame_locator("iframe")
            expect(frame.get_by_text(f"Начало {word}")).to_be_visible()
            expect(frame.locator(f"{ACTIVE}, {LINKS}")).to_have_count(0)
            page.window.shoot(f"hostile-{word}")
        assert page.page.evaluate("window.hit") is None
    assert laid_out >= 9


def test_a_hostile_file_is_downloaded_never_opened(product: Product, desk: Callable[..., Desk]) -> None:
    mail = dict(hostile_mails())["files"]
    mail.replace_header("Message-ID", "<again@evil.example>")
    product.send(mail)
    number = numbers_of(product, {"files"})["files"]
    page = desk().ticket(number)
    files = page.entry("Начало files").last
    expect(files.locator("a[download][href*=attachments]")).to_have_count(2)
    for address in [link.get_attribute("href") for link in files.locator("a[download][href*=attachments]").all()]:
        with page.page.expect_download():
            page.page.evaluate("address => { location.href = address }", f"{address}?inline=1")
    picture = files.locator("a:not([download])[href*=attachments]").get_attribute("href")
    kind = page.page.evaluate("address => fetch(address).then((answer) => answer.headers.get('content-type'))", picture)
    assert kind == "image/png"  # a drawing that says it is a photograph is taken at its word: photographs run nothing
    assert page.page.evaluate("window.hit") is None


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real mails is not beside this checkout")
def test_real_newsletters_tell_nobody_that_they_were_read(product: Product, desk: Callable[..., Desk]) -> None:
    before = {row["number"] for row in product.caller("anna").get("/tickets", view="all", limit=100)["items"]}
    mails = [path.read_bytes() for path in sorted(CORPUS.rglob("*.eml"))]
    tracking = [mail for mail in mails if b"<img" in mail.lower() and b'src=3d"http' in mail.lower()][:6]
    assert tracking
    for mail in tracking:
        product.send_bytes(mail)

    def find() -> list[str]:
        rows = product.caller("anna").get("/tickets", view="all", limit=100)["items"]
        return [row["number"] for row in rows if row["number"] not in before]

    eventually(find, "a ticket of a newsletter")
    page = desk()
    for number in find():
        page.ticket(number)
        show_original(page)
