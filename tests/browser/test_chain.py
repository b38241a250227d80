"""What agents do to chains, each with its way back."""

import json
import re
import uuid
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages import Desk, Portal
from tests.browser.product import Product


def two_tickets(product: Product, first: str, second: str) -> tuple[str, str]:
    """Numbers of two tickets that one person opened on the phone."""
    handle = {"kind": "email", "value": f"{uuid.uuid4().hex}@client.example"}
    anna = product.caller("anna")
    numbers = []
    for subject in (first, second):
        body = {
            "requester": {"name": "Пётр Ильин", "handle": handle},
            "subject": subject,
            "text": f"Подробно: {subject}",
        }
        numbers.append(anna.post("/tickets", body)["ticket"]["number"])
    return numbers[0], numbers[1]


def test_why_an_entry_stands_here_is_said_and_undone(product: Product, desk: Callable[..., Desk]) -> None:
    subject = "VPN не подключается из дома"
    product.mail(subject, "Клиент пишет «ошибка 809».", sender="gleb@client.example", name="Глеб")
    number = product.ticket_of(subject)["number"]
    page = desk().ticket(number)
    product.mail(f"Снова: {subject}", "Опять ошибка 809.", sender="gleb@client.example", name="Глеб")
    later = page.entry("Опять ошибка 809.")
    expect(later).to_be_visible()
    shown = page.at("timeline-entry").evaluate_all("entries => entries.map((entry) => entry.dataset.entry)")
    assert len(shown) == len(set(shown))  # what came live stands once

    later.get_by_test_id("why-chip").click()
    reasons = page.page.get_by_role("dialog").get_by_role("listitem")
    expect(reasons.first).to_contain_text(re.compile(r"[+−]\d"))
    page.window.shoot("desk-why")
    page.at("join-undo").click()

    expect(later).to_have_count(0)
    expect(page.entry("ошибка 809")).to_have_count(1)
    page.at("toast-action").click()
    expect(page.entry("Опять ошибка 809.")).to_be_visible()
    assert number not in page.page.url


def test_a_merge_is_made_and_undone(product: Product, desk: Callable[..., Desk]) -> None:
    loser, winner = two_tickets(product, "Не приходит пропуск", "Турникет не пускает")
    page = desk().ticket(loser)

    page.page.keyboard.press("KeyM")
    page.at("merge-offer").filter(has_text="Турникет").click()
    page.window.shoot("desk-merge")
    page.at("merge-confirm").click()

    expect(page.subject()).to_have_text("Турникет не пускает")
    expect(page.page).to_have_url(re.compile(winner))
    expect(page.entry("Подробно: Не приходит пропуск")).to_be_visible()
    expect(page.entry("Подробно: Турникет не пускает")).to_be_visible()

    page.at("toast-action").click()
    expect(page.entry("Подробно: Не приходит пропуск")).to_have_count(0)
    expect(page.entry("Подробно: Турникет не пускает")).to_be_visible()
    page.ticket(loser)
    expect(page.subject()).to_have_text("Не приходит пропуск")
    expect(page.entry("Подробно: Не приходит пропуск")).to_be_visible()


def test_a_note_never_reaches_the_portal(
    product: Product, desk: Callable[..., Desk], portal: Callable[..., Portal]
) -> None:
    number = open_ticket(product, "olga", "Закажите стул")
    inside, outside = desk().ticket(number), portal("olga").ticket(number)

    inside.page.keyboard.press("KeyN")
    inside.send("Секрет: бюджета нет")
    inside.at("composer-reply").click()
    inside.send("Стул заказан")

    expect(outside.entry("Стул заказан")).to_be_visible()
    expect(outside.entry("Секрет")).to_have_count(0)
    assert "Секрет" not in outside.page.content()
    assert "Секрет" not in json.dumps(product.caller("olga").get(f"/tickets/{number}"), ensure_ascii=False)


def test_a_reply_called_back_returns_to_the_composer(product: Product, desk: Callable[..., Desk]) -> None:
    subject = "Как продлить пароль"
    product.mail(subject, "Пишет, что истекает.", sender="zoya@client.example", name="Зоя")
    number = product.ticket_of(subject)["number"]
    page = desk().ticket(number)

    page.send("Пароль продлён на месец")
    page.at("undo-send").click()

    expect(page.at("composer-text")).to_have_value("Пароль продлён на месец")
    expect(page.at("undo-send")).to_have_count(0)
    entries = product.caller("anna").get(f"/tickets/{number}")["entries"]
    (withdrawn,) = [entry for entry in entries if entry["withdrawn"]]
    assert [dispatch["state"] for dispatch in withdrawn["dispatches"]] == ["cancelled"]


def open_ticket(product: Product, login: str, subject: str) -> str:
    """The number of a ticket that a requester opened in the portal."""
    made = product.caller(login).post("/tickets", {"subject": subject, "text": f"Подробно: {subject}"})
    return str(made["ticket"]["number"])
