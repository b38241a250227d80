"""What agents do beside answering: sort, hand over, move, and learn by mail whether it helped."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages import Desk
from tests.browser.product import Product, body_of
from tests.browser.watched import Window

FORWARDED = """Прошу разобраться.

---------- Forwarded message ---------
From: Тамара Юрьева <tamara@partner.example>
Date: Sat, 21 Nov 2026 10:00
Subject: Отчёт не открывается
To: <ivan@nord.example>

Отчёт не открывается с утра.
"""


def choose(desk: Desk, select: str, value: str) -> None:
    desk.at(select).click()
    desk.page.locator(f'[role=menuitemradio][data-value="{value}"]').click()


def test_a_forwarded_mail_is_given_to_whom_it_came_from(product: Product, desk: Callable[..., Desk]) -> None:
    subject = "Fwd: Отчёт не открывается"
    product.mail(subject, FORWARDED, sender="ivan@nord.example", name="Иван Петров")
    page = desk().ticket(product.ticket_of(subject)["number"])
    expect(page.entry("Мы получили ваше обращение")).to_have_count(1)

    page.at("give-to").click()
    expect(page.at("give-to")).to_have_count(0)
    expect(page.page.get_by_role("heading", name="Тамара Юрьева")).to_be_visible()
    expect(page.entry("Мы получили ваше обращение")).to_have_count(1)
    expect(page.entry("Прошу разобраться.")).to_have_count(1)


def test_a_mail_that_fits_two_tickets_is_moved_by_one_click_and_back(
    product: Product, desk: Callable[..., Desk]
) -> None:
    sender = "sklad@client.example"
    for subject, text in (
        ("Принтер на складе не печатает", "Принтер HP-200 на складе не печатает накладные."),
        ("Принтер в офисе не печатает", "Принтер HP-300 в офисе не печатает договоры."),
    ):
        product.mail(subject, text, sender=sender, name="Склад Норд")
        product.ticket_of(subject)
    product.mail("принтер не печатает", "Принтер всё ещё не печатает, и на складе, и в офисе.", sender=sender)
    page = desk().ticket(product.ticket_of("принтер не печатает")["number"])
    text = "и на складе, и в офисе"

    page.entry(text).get_by_test_id("why-chip").click()
    expect(page.at("join-move")).to_have_count(2)
    page.at("join-move").first.click()
    expect(page.entry(text)).to_have_count(0)
    page.toast().get_by_role("button", name="Отменить").click()
    expect(page.entry(text)).to_have_count(1)


def test_agents_say_what_kind_it_is_and_that_they_are_away(product: Product, desk: Callable[..., Desk]) -> None:
    subject = "Как заказать пропуск"
    product.mail(subject, "Подскажите порядок.", sender="gost@client.example")
    page = desk("boris").ticket(product.ticket_of(subject)["number"])
    choose(page, "kind-select", "question")
    expect(page.at("kind-select")).to_contain_text("Вопрос")

    page.at("user-menu").click()
    page.at("availability-away").click()
    expect(page.at("user-menu")).to_contain_text("Нет на месте")
    colleague = desk("anna").ticket(product.ticket_of(subject)["number"])
    colleague.at("owner-select").click()
    expect(colleague.page.get_by_role("menuitemradio", name="Борис Орлов")).to_contain_text("Нет на месте")
    page.at("user-menu").click()
    page.at("availability-online").click()
    expect(page.at("user-menu")).not_to_contain_text("Нет на месте")


def test_the_mail_of_a_solution_asks_and_one_tap_answers(product: Product, window: Callable[..., Window]) -> None:
    subject, sender = "Монитор мигает", "lena@client.example"
    product.mail(subject, "Мигает каждые десять секунд.", sender=sender, name="Елена Котова")
    number = product.ticket_of(subject)["number"]
    reply = {"text": "Кабель заменили.", "status_after": "resolved"}
    product.caller("anna").post(f"/tickets/{number}/replies", reply)
    mail = body_of(product.answer_to(sender, "Кабель заменили."))
    link = re.search(r"/portal/confirm\?answer=yes\S+", mail)
    assert link, mail

    phone = window(size="phone")
    phone.go(link.group())
    expect(phone.page.get_by_test_id("portal-answered")).to_contain_text(number)
    assert "token" not in phone.page.url
    assert product.caller("anna").get(f"/tickets/{number}")["ticket"]["status"] == "closed"
