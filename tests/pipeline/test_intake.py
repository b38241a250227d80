"""From a stored mail to one ticket with one timeline."""

import pytest
from django.db import connection

from tests.pipeline.conftest import Bring, make_mail
from uzel.channelkit.contract import RawDelivery
from uzel.pipeline import intake
from uzel.store.deliveries import store_delivery
from uzel.store.models import (
    Attachment,
    Channel,
    Delivery,
    Dispatch,
    Entry,
    Handle,
    Join,
    LiveEvent,
    Person,
    PersonSuggestion,
    Ticket,
)


def test_a_mail_from_a_stranger_opens_one_ticket_and_is_answered_with_its_number(bring: Bring) -> None:
    delivery = bring(make_mail())

    ticket = Ticket.objects.get()
    entry, answer = Entry.objects.order_by("id")
    assert (delivery.state, delivery.entry_id) == ("done", entry.id)
    assert (ticket.subject, ticket.status, ticket.requester.name) == ("Не открывается 1С", "new", "Иван Петров")
    assert ticket.team is not None
    assert (entry.direction, entry.channel_kind, entry.delivery_id) == ("in", "email", delivery.id)
    assert (answer.direction, answer.meta["automatic"]) == ("out", "received")
    assert f"U-{ticket.id}" in answer.text
    dispatch = Dispatch.objects.get()
    assert (dispatch.entry_id, dispatch.to_value, dispatch.is_automatic) == (answer.id, "ivan@nord.example", True)


def test_every_entry_has_one_standing_join_with_its_reasons(bring: Bring) -> None:
    bring(make_mail())
    bring(make_mail(text="По прежнему не открывается 1С:Бухгалтерия, сеанс завершён, жду помощи"))

    for entry in Entry.objects.all():
        assert Join.objects.filter(entry=entry, undone_at=None, ticket_id=entry.ticket_id).count() == 1
    assert Ticket.objects.count() == 1
    assert Join.objects.get(entry=Entry.objects.latest("id"), undone_at=None).reasons


def test_a_reply_with_its_subject_erased_lands_in_the_chain(bring: Bring) -> None:
    bring(make_mail(Message_ID="<first@nord.example>"))
    delivery = bring(make_mail(subject="", text="А когда починят?", In_Reply_To="<first@nord.example>"))

    entry = Entry.objects.get(id=delivery.entry_id)
    assert Ticket.objects.get() == entry.ticket
    assert Join.objects.get(entry=entry).verdict == "thread"


def test_an_answer_that_overtakes_its_question_ends_in_the_same_ticket(bring: Bring) -> None:
    bring(make_mail(subject="Re: принтер", text="вдогонку: и сканер тоже", References="<late@nord.example>"))
    bring(make_mail(subject="принтер", text="Не печатает принтер в бухгалтерии", Message_ID="<late@nord.example>"))

    assert Ticket.objects.count() == 1


def test_another_problem_of_the_same_person_is_another_ticket(bring: Bring) -> None:
    bring(make_mail())
    bring(make_mail(subject="Заказ монитора", text="Другой вопрос: прошу заказать второй монитор в кабинет 214."))

    assert Ticket.objects.count() == 2
    assert Person.objects.filter(is_provisional=False, agent=None).count() == 1


def test_the_same_mail_stored_twice_is_one_delivery(mailbox: Channel) -> None:
    raw = RawDelivery(external_id="once", body=make_mail())

    assert store_delivery(mailbox.id, raw) is True
    assert store_delivery(mailbox.id, raw) is False
    assert Delivery.objects.count() == 1


def test_one_mail_to_two_of_our_addresses_is_one_entry(bring: Bring) -> None:
    second = Channel.objects.create(kind="email", name="hr", settings={"address": "hr@desk.example"})
    raw = make_mail(To="support@desk.example, hr@desk.example")

    first, other = bring(raw), bring(raw, channel=second)

    assert first.entry_id == other.entry_id
    assert Entry.objects.filter(direction="in").count() == 1


def test_mails_of_a_scanner_that_reuses_one_message_id_are_all_kept(bring: Bring) -> None:
    for page in ("накладная 17", "счёт 18"):
        bring(make_mail(sender="scanner@nord.example", subject=page, text=page, Message_ID="<scan@device>"))

    assert {entry.subject for entry in Entry.objects.filter(direction="in")} == {"накладная 17", "счёт 18"}


def test_an_out_of_office_answer_opens_nothing_and_is_not_answered(bring: Bring) -> None:
    delivery = bring(make_mail(subject="Автоответ: нет на месте", text="В отпуске.", Auto_Submitted="auto-replied"))

    assert delivery.state == "done"
    assert "automatic" in delivery.outcome
    assert not Ticket.objects.exists()
    assert not Dispatch.objects.exists()


def test_a_new_address_with_a_known_name_and_matter_becomes_a_suggestion(bring: Bring) -> None:
    bring(make_mail())
    bring(make_mail(sender="Иван Петров <ivan.home@mail.example>", text="Так и не открывается 1С:Бухгалтерия, еду"))

    suggestion = PersonSuggestion.objects.get()
    assert suggestion.target.name == "Иван Петров"
    assert suggestion.person.is_provisional
    assert Person.objects.filter(is_provisional=False, agent=None).count() == 1
    assert Ticket.objects.count() == 2


def test_a_forged_sender_gets_no_word_of_the_mail_back(bring: Bring) -> None:
    bring(make_mail(sender="victim@nord.example", subject="BUY NOW http://spam.example", text="spam spam"))

    answer = Entry.objects.get(direction="out")
    assert "spam" not in answer.text + answer.subject


def test_a_flood_from_one_sender_is_taken_in_but_answered_three_times_only(bring: Bring) -> None:
    for number in range(6):
        bring(
            make_mail(subject=f"Сбой {number * 1111}", text=f"Новый вопрос: не работает станок номер {number * 7777}")
        )

    assert Entry.objects.filter(direction="in").count() == 6
    assert Dispatch.objects.count() == 3


def test_a_delivery_that_breaks_the_pipeline_waits_in_quarantine_and_its_neighbours_pass(
    mailbox: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = intake.record

    def broken(incoming: object, *rest: object) -> object:
        if "взрыв" in incoming.event.subject:  # type: ignore[attr-defined] # only read here
            raise RuntimeError("no such luck")
        return honest(incoming, *rest)  # type: ignore[arg-type] # passed through

    monkeypatch.setattr(intake, "record", broken)
    for number, subject in enumerate(("раз", "взрыв", "два")):
        store_delivery(mailbox.id, RawDelivery(external_id=f"b{number}", body=make_mail(subject=subject)))
    while intake.take_in_batch(50):
        pass

    states = dict(Delivery.objects.values_list("external_id", "state"))
    assert states == {"b0": "done", "b1": "quarantined", "b2": "done"}
    assert "no such luck" in Delivery.objects.get(external_id="b1").error
    assert Entry.objects.filter(direction="in").count() == 2


def test_a_file_stands_in_the_blob_store_and_a_large_mail_too(bring: Bring) -> None:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ivan@nord.example", "support@desk.example", "снимок"
    mail.set_content("снимок экрана во вложении")
    mail.add_attachment(b"\x89PNG" + b"x" * 400_000, maintype="image", subtype="png", filename="экран.png")
    delivery = bring(mail.as_bytes())

    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.size, attachment.problem) == ("экран.png", 400_004, "")
    assert attachment.blob_id is not None
    assert delivery.blob_id is not None
    assert delivery.body is None


def test_open_pages_are_told_with_ids_only(bring: Bring) -> None:
    delivery = bring(make_mail())

    event = LiveEvent.objects.get()
    ticket = Ticket.objects.get()
    assert (event.kind, event.ticket_id, event.data["entry_id"]) == ("entry", ticket.id, delivery.entry_id)
    assert event.person_ids == [ticket.requester_id]


def test_counters_follow_every_ticket(bring: Bring) -> None:
    bring(make_mail())
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n) FROM (SELECT n FROM ticket_tally UNION ALL SELECT n FROM ticket_tally_delta) t")
        assert cursor.fetchone() == (1,)


def test_a_sender_in_copy_who_is_known_takes_part(bring: Bring) -> None:
    bring(make_mail(sender="Анна Белова <anna@nord.example>", subject="Мышь", text="Сломалась мышь"))
    bring(make_mail(Cc="anna@nord.example"))

    ticket = Ticket.objects.latest("id")
    assert [one.person.name for one in ticket.people.all()] == ["Анна Белова"]


def test_two_spellings_of_one_address_are_one_person(bring: Bring) -> None:
    bring(make_mail(sender="i.petrov@gmail.com"))
    bring(make_mail(sender="I.Petrov+work@GoogleMail.com", subject="Заказ монитора", text="Прошу заказать монитор"))

    assert Handle.objects.filter(kind="email", value="ipetrov@gmail.com").count() == 1
