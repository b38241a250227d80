"""Mails to tickets that an agent merged, split or moved: they follow the words that they answer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from tests.pipeline.conftest import Bring, make_mail
from uzel.channelkit.contract import RawDelivery
from uzel.domain.permissions import Actor
from uzel.pipeline.intake import take_in_batch
from uzel.services.merging import merge, unmerge
from uzel.services.splitting import split, unsplit
from uzel.store.deliveries import store_delivery
from uzel.store.models import Agent, Delivery, Entry, Person, Ticket

PRINTER = {
    "subject": "Не печатает принтер HP",
    "text": "Принтер HP на складе не печатает накладные, горит красная лампа.",
}
ACCESS = {"subject": "Доступ к папке Договоры", "text": "Прошу открыть доступ на чтение к сетевой папке Договоры."}


@pytest.fixture
def root(db: object) -> Actor:
    agent = Agent.objects.create(person=Person.objects.create(name="Анна"), role="administrator")
    return Actor(person_id=agent.person_id, agent_id=agent.id, role="administrator")


def entry_of(delivery: Delivery) -> Entry:
    return Entry.objects.get(id=delivery.entry_id)


def two_tickets(bring: Bring) -> tuple[Entry, Entry]:
    one = entry_of(bring(make_mail(**PRINTER, Message_ID="<p1@nord.example>")))
    two = entry_of(bring(make_mail(**ACCESS, Message_ID="<a1@nord.example>")))
    assert one.ticket_id != two.ticket_id
    return one, two


def test_an_answer_to_a_merged_ticket_stands_in_the_winner_and_goes_back_with_it(bring: Bring, root: Actor) -> None:
    one, two = two_tickets(bring)
    journal = merge(two.ticket_id, one.ticket_id, by=root)
    answer = bring(
        make_mail(subject="Re: " + ACCESS["subject"], text="Как дела с доступом?", In_Reply_To="<a1@nord.example>")
    )
    assert entry_of(answer).ticket_id == one.ticket_id
    unmerge(journal.id, by=root)
    later = bring(
        make_mail(subject="Re: " + ACCESS["subject"], text="Ещё раз про доступ", In_Reply_To="<a1@nord.example>")
    )
    assert entry_of(later).ticket_id == two.ticket_id
    assert entry_of(answer).ticket_id == two.ticket_id, "it continues the conversation that went back"


def test_an_answer_to_a_split_entry_follows_it(bring: Bring, root: Actor) -> None:
    one, two = two_tickets(bring)
    merge(two.ticket_id, one.ticket_id, by=root)
    journal = split(one.ticket_id, [two.id], by=root)
    answer = bring(make_mail(subject="Re: доступ", text="Как дела с доступом?", In_Reply_To="<a1@nord.example>"))
    assert entry_of(answer).ticket_id == journal.target_id
    unsplit(journal.id, by=root)
    later = bring(make_mail(subject="Re: доступ", text="Есть новости?", In_Reply_To="<a1@nord.example>"))
    assert entry_of(later).ticket_id == entry_of(answer).ticket_id == one.ticket_id


def test_a_mail_taken_in_during_a_merge_never_stands_behind_the_merged_number(bring: Bring, root: Actor) -> None:
    one, two = two_tickets(bring)
    raw = make_mail(subject="Re: " + ACCESS["subject"], text="Когда?", In_Reply_To="<a1@nord.example>")
    mailbox = Delivery.objects.latest("id").channel_id
    store_delivery(mailbox, RawDelivery(external_id="during", body=raw))
    merged = threading.Event()

    def take_in() -> None:
        merged.wait(10)
        while take_in_batch(50):
            pass
        connections.close_all()

    thread = threading.Thread(target=take_in)
    thread.start()
    with transaction.atomic():
        merge(two.ticket_id, one.ticket_id, by=root)
        merged.set()
        _wait_until(_waits_for_a_lock)
    thread.join(30)
    assert not Entry.objects.filter(ticket=two.ticket_id).exists()
    assert Ticket.objects.get(id=two.ticket_id).merged_into_id == one.ticket_id
    assert entry_of(Delivery.objects.get(external_id="during")).ticket_id == one.ticket_id


def _waits_for_a_lock() -> bool:

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
        return bool(cursor.fetchone()[0])


def _wait_until(true: Callable[[], Any]) -> None:
    pause = threading.Event()
    for _ in range(200):
        if true():
            return
        pause.wait(0.05)
    raise AssertionError("nothing waited")


def test_a_stranger_with_a_token_lands_in_the_winner_of_a_merge_made_while_the_mail_was_read(
    bring: Bring, root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uzel.kernel.tokens import TICKET, sign
    from uzel.pipeline import intake
    from uzel.store.secrets import token_secret

    one, two = two_tickets(bring)
    honest, merged = intake.record, []

    def record_after_a_merge(*args: Any) -> Any:
        if not merged:
            merged.append(one.ticket_id)
            other = threading.Thread(target=merge_elsewhere)
            other.start()
            other.join()
        return honest(*args)

    def merge_elsewhere() -> None:
        merge(two.ticket_id, one.ticket_id, by=root)
        connections.close_all()

    monkeypatch.setattr(intake, "record", record_after_a_merge)
    token = sign(token_secret(), TICKET, str(two.ticket_id))
    delivery = bring(make_mail(sender="stranger@far.example", subject="Re", To=f"support+{token}@desk.example"))
    Delivery.objects.filter(id=delivery.id).update(not_before=delivery.received_at)
    while take_in_batch(50):
        pass
    delivery.refresh_from_db()
    assert entry_of(delivery).ticket_id == one.ticket_id
