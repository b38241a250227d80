"""What breaks in the middle of work, and that the work goes on."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.pages import Desk, Portal
from tests.browser.product import Caller, Product
from tests.browser.seed import PASSWORD
from tests.browser.test_chain import open_ticket


def test_a_session_that_ends_while_writing_costs_no_word(product: Product, desk: Callable[..., Desk]) -> None:
    number = open_ticket(product, "ivan", "Нужен доступ к архиву")
    page = desk("vera").ticket(number)
    page.window.allowed = {401}
    page.write("Доступ открыт до пятницы")
    revoke_sessions(product, "vera")

    page.at("composer-send").click()
    expect(page.at("sign-in-login")).to_be_visible()
    expect(page.at("composer-text")).to_have_value("Доступ открыт до пятницы")
    page.window.shoot("desk-session-lost")
    page.at("sign-in-login").fill("vera")
    page.at("sign-in-password").fill(PASSWORD)
    page.at("sign-in-submit").click()

    expect(page.at("sign-in-login")).to_have_count(0)
    expect(page.entry("Доступ открыт до пятницы")).to_have_count(1)
    expect(page.at("composer-text")).to_have_value("")


def revoke_sessions(product: Product, login: str) -> None:
    other = Caller(product.url, login)
    for session in other.get("/sessions")["items"]:
        if not session["current"]:
            other.delete(f"/sessions/{session['id']}")


def test_after_a_network_cut_the_list_catches_up(product: Product, desk: Callable[..., Desk]) -> None:
    page = desk().list()
    expect(page.at("ticket-row").first).to_be_visible()
    page.window.line_breaks = True

    page.window.context.set_offline(True)
    expect(page.at("live-down")).to_be_visible()
    page.window.shoot("desk-offline")
    product.mail("Пришло во время обрыва", "Сеть лежит?", sender="lev@client.example", name="Лев")
    product.ticket_of("Пришло во время обрыва")
    page.window.context.set_offline(False)

    expect(page.row("Пришло во время обрыва")).to_be_visible()
    expect(page.at("live-down")).to_have_count(0)


def test_a_file_goes_on_where_the_line_broke(
    product: Product, desk: Callable[..., Desk], portal: Callable[..., Portal], tmp_path: Path
) -> None:
    number = open_ticket(product, "ivan", "Большой журнал")
    page = portal("ivan").ticket(number)
    page.window.line_breaks = True
    (tmp_path / "big.bin").write_bytes(bytes(range(256)) * 20_000)  # two pieces
    offsets: list[str] = []

    def break_once(route: Route) -> None:
        offset = route.request.headers.get("upload-offset", "")
        offsets.append(offset)
        if offset not in ("", "0") and offsets.count(offset) == 1:
            route.abort()
        else:
            route.continue_()

    page.page.route("**/api/v1/uploads/*", break_once)
    page.page.locator("input[type=file]").set_input_files(tmp_path / "big.bin")
    page.write("Журнал целиком")
    expect(page.at("composer-send")).to_be_enabled()
    page.at("composer-send").click()

    assert offsets.count("0") == 1  # the first piece did not travel again
    assert max(offsets.count(offset) for offset in offsets if offset.isdigit()) == 2
    inside = desk().ticket(number)
    with inside.page.expect_download() as downloading:
        inside.page.get_by_role("link", name="big.bin").click()
    assert downloading.value.path().read_bytes() == bytes(range(256)) * 20_000


def test_when_two_agents_change_the_same_nothing_is_overwritten(product: Product, desk: Callable[..., Desk]) -> None:
    number = open_ticket(product, "ivan", "Кто первый")
    anna, boris = desk("anna").ticket(number), desk("boris").ticket(number)
    anna.window.allowed = {412}
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            held.append(route)
        else:
            route.continue_()

    anna.page.route(f"**/api/v1/tickets/{number}", hold)
    anna.set_status("waiting_user")
    boris.set_status("waiting_others")
    expect(boris.status()).to_contain_text("Ждём других")
    while not held:
        anna.page.wait_for_event("request")
    held.pop().continue_()

    expect(anna.toast()).to_contain_text("Ждём других")
    anna.window.shoot("desk-collision")
    expect(anna.status()).to_contain_text("Ждём других")
    assert product.caller("boris").get(f"/tickets/{number}")["ticket"]["status"] == "waiting_others"

    anna.page.unroute_all()
    anna.at("toast-action").last.click()
    expect(boris.status()).to_contain_text("Ждём пользователя")
