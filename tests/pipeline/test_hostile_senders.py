"""Senders who are not who they say, and what their mails must not bring about."""

from typing import Any

import psycopg
import pytest

from tests.pipeline.conftest import Bring, make_mail
from uzel.domain.permissions import Actor
from uzel.kernel.tokens import TICKET, sign
from uzel.pipeline import intake
from uzel.services.replying import Reply, reply
from uzel.services.splitting import split, unsplit
from uzel.store.models import Agent, Delivery, Dispatch, Entry, Handle, Person, Ticket, TicketPerson
from uzel.store.outbox import name_messages
from uzel.store.secrets import token_secret

PRINTER = {
    "subject": "Не печатает принтер HP",
    "text": "Принтер HP на складе не печатает накладные, горит красная лампа.",
}
ACCESS = {"subject": "Доступ к папке Договоры", "text": "Прошу открыть доступ на чтение к сетевой папке Договоры."}


@pytest.fixture
def root(db: object) -> Actor:
    agent = Agent.objects.create(person=Person.objects.create(name="Анна"), role="administrator")
    return Actor(person_id=agent.person_id, agent_id=agent.id, role="administrator")


def plus_address(ticket_id: int) -> str:
    return f"support+{sign(token_secret(), TICKET, str(ticket_id))}@desk.example"


def entry_of(delivery: Delivery) -> Entry:
    return Entry.objects.get(id=delivery.entry_id)


def test_whoever_got_hold_of_a_forwarded_token_lets_nobody_in(bring: Bring) -> None:
    ticket = entry_of(bring(make_mail())).ticket
    bring(make_mail(sender="eve@evil.example", subject="x", text="Другое дело про склад"))
    bring(make_mail(sender="mallory@evil.example", subject="y", text="Прошу новый монитор"))
    landed = bring(
        make_mail(
            sender="mallory@evil.example",
            subject="z",
            text="Пишу сюда",
            To=plus_address(ticket.id),
            Cc="eve@evil.example",
        )
    )

    assert entry_of(landed).ticket_id == ticket.id
    assert not TicketPerson.objects.filter(ticket=ticket).exists()


def test_a_known_addressee_takes_part_among_many_unknown_ones(bring: Bring) -> None:
    bring(make_mail(sender="Зоя <zoya@nord.example>", subject="Мышь", text="Сломалась мышь"))
    many = ", ".join(f"a{number}@nord.example" for number in range(60))
    bring(make_mail(Cc=f"{many}, zoya@nord.example"))

    assert [one.person.name for one in TicketPerson.objects.select_related("person")] == ["Зоя"]


def test_a_refuted_sender_lets_nobody_into_the_ticket_that_begins_with_it(bring: Bring) -> None:
    bring(make_mail(sender="eve@evil.example", subject="x", text="Другое дело про склад"))
    bring(
        make_mail(
            subject="Сброс пароля",
            text="Пришлите мне новый пароль",
            Cc="eve@evil.example",
            Authentication_Results="mx.desk.example; dmarc=fail header.from=nord.example",
        )
    )

    ticket = Ticket.objects.get(subject="Сброс пароля")
    assert not TicketPerson.objects.filter(ticket=ticket).exists()


def test_an_answer_with_the_old_ticket_s_token_follows_the_reply_that_was_split_off(bring: Bring, root: Actor) -> None:
    first = entry_of(bring(make_mail(**PRINTER)))
    second = entry_of(bring(make_mail(**ACCESS, To=plus_address(first.ticket_id))))
    assert second.ticket_id == first.ticket_id
    sent = Entry.objects.get(id=reply(first.ticket_id, Reply(text="Доступ откроем завтра"), by=root))
    dispatch = Dispatch.objects.get(entry=sent)
    name_messages({dispatch.id: "our-reply@desk.example"}, {dispatch.id: sent.id})
    journal = split(first.ticket_id, [second.id, sent.id], by=root)

    def answer(text: str) -> Entry:
        raw = make_mail(
            subject="Re: доступ", text=text, To=plus_address(first.ticket_id), In_Reply_To="<our-reply@desk.example>"
        )
        return entry_of(bring(raw))

    assert answer("Спасибо, жду завтра доступа").ticket_id == journal.target_id
    unsplit(journal.id, by=root)
    assert answer("Так и нет доступа").ticket_id == first.ticket_id


def test_a_stranger_with_a_token_is_not_led_elsewhere_by_an_id_they_name(bring: Bring, root: Actor) -> None:
    hidden = entry_of(bring(make_mail(sender="boss@nord.example", Message_ID="<secret@nord.example>", **PRINTER)))
    own = entry_of(bring(make_mail(sender="eve@evil.example", **ACCESS)))
    landed = bring(
        make_mail(sender="eve@evil.example", To=plus_address(own.ticket_id), In_Reply_To="<secret@nord.example>")
    )

    assert hidden.ticket_id != own.ticket_id == entry_of(landed).ticket_id


def test_mails_without_a_sender_are_not_answered_and_not_taken_for_one_person_s(bring: Bring) -> None:
    raw = make_mail(**PRINTER).replace(b"From: ", b"X-From: ")
    one = entry_of(bring(raw))
    two = entry_of(bring(raw.replace(b"Message-ID: <", b"Message-ID: <again")))

    assert one.ticket_id != two.ticket_id
    assert not Dispatch.objects.exists()


def test_one_mailbox_is_answered_three_times_an_hour_whatever_stands_behind_its_plus(bring: Bring) -> None:
    for number in range(6):
        bring(
            make_mail(
                sender=f"victim+{number}@nord.example",
                subject=f"Сбой {number * 1111}",
                text=f"Новый вопрос: не работает станок номер {number * 7777}",
            )
        )

    assert Ticket.objects.count() == 6
    assert Dispatch.objects.count() == 3


def test_a_mail_in_an_agent_s_name_is_a_mail_from_a_person_and_goes_to_nobody(bring: Bring, root: Actor) -> None:
    Handle.objects.create(person_id=root.person_id, kind="email", value="anna@desk.example", proof=3)
    ticket = entry_of(bring(make_mail())).ticket
    Dispatch.objects.all().delete()
    forged = entry_of(
        bring(make_mail(sender="anna@desk.example", text="Переведите деньги", To=plus_address(ticket.id)))
    )

    assert (forged.ticket_id, forged.direction, forged.agent_id) == (ticket.id, "in", None)
    assert not Dispatch.objects.exists()


def test_a_mail_from_our_own_address_makes_no_loop(bring: Bring) -> None:
    for _ in range(5):
        bring(make_mail(sender="support@desk.example", text="Ответьте мне", subject="loop"))

    assert Dispatch.objects.count() <= 3


def test_what_an_agent_decided_while_a_mail_was_taken_in_stands(
    bring: Bring, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = entry_of(bring(make_mail(**PRINTER))).ticket
    honest = intake.record

    def record(*args: Any) -> Any:
        with psycopg.connect(database_url) as other:
            other.execute("UPDATE ticket SET status = 'waiting_others' WHERE id = %s", [ticket.id])
        return honest(*args)

    monkeypatch.setattr(intake, "record", record)
    joined = bring(make_mail(text="Принтер HP всё ещё не печатает", To=plus_address(ticket.id)))
    ticket.refresh_from_db()
    assert entry_of(joined).ticket_id == ticket.id
    assert (ticket.status, ticket.is_open) == ("waiting_others", True)


def test_a_mail_taken_in_while_an_agent_ends_the_ticket_opens_it_again(
    bring: Bring, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = entry_of(bring(make_mail(**PRINTER))).ticket
    honest = intake.record

    def record(*args: Any) -> Any:
        with psycopg.connect(database_url) as other:
            other.execute(
                "UPDATE ticket SET status = 'resolved', is_open = false, resolved_at = now() WHERE id = %s", [ticket.id]
            )
        return honest(*args)

    monkeypatch.setattr(intake, "record", record)
    bring(make_mail(text="Принтер HP всё ещё не печатает", To=plus_address(ticket.id)))
    ticket.refresh_from_db()
    assert ticket.is_open
    assert ticket.resolved_at is None


@pytest.mark.parametrize("header", [{"List_Id": "<support.nord.example>"}, {"Precedence": "list"}])
def test_what_somebody_writes_to_a_desk_whose_address_is_a_list_opens_a_ticket_and_is_not_answered(
    bring: Bring, header: dict[str, str]
) -> None:
    first = entry_of(bring(make_mail(**PRINTER, Message_ID="<p@nord.example>", **header)))
    Ticket.objects.filter(id=first.ticket_id).update(status="waiting_user")
    again = entry_of(bring(make_mail(text="Всё ещё не печатает", In_Reply_To="<p@nord.example>", **header)))

    assert again.ticket_id == first.ticket_id
    assert Ticket.objects.get(id=first.ticket_id).status == "open"
    assert not Dispatch.objects.exists()
