"""An agent's answer: what it does to the ticket, where it goes, how it is taken back."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from tests.services.desk import Desk, codes, texts
from uzel.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from uzel.services.asking import ask
from uzel.services.noting import note
from uzel.services.reaching import UNDO
from uzel.services.replying import Reply, reply
from uzel.services.withdrawing import withdraw
from uzel.store.models import Blob, Dispatch, Entry, Handle, Ticket, Upload


def test_an_answer_goes_out_after_the_undo_time_and_takes_the_ticket(desk: Desk) -> None:
    ticket = desk.ticket()
    entry = Entry.objects.get(id=reply(ticket.id, Reply(text="Перезагрузите"), by=desk.anna))
    dispatch = Dispatch.objects.get(entry=entry)
    ticket.refresh_from_db()
    assert (dispatch.channel_id, dispatch.to_value, dispatch.state) == (desk.mail.id, "maria@example.org", "queued")
    assert dispatch.next_at is not None
    assert UNDO - dt.timedelta(seconds=5) < dispatch.next_at - timezone.now() <= UNDO
    assert entry.subject == "Re: Не печатает принтер"
    assert (ticket.status, ticket.owner_id, ticket.answered_at) == ("waiting_user", desk.anna.agent_id, entry.at)
    assert (ticket.preview, ticket.last_direction, ticket.entry_count) == ("Перезагрузите", "out", 2)
    assert codes(ticket.id) == ["created", "owner", "status"]


def test_the_second_agent_to_answer_does_not_take_the_ticket_over(desk: Desk) -> None:
    ticket = desk.ticket()
    reply(ticket.id, Reply(text="Смотрю"), by=desk.anna)
    reply(ticket.id, Reply(text="Я тоже"), by=desk.boris)
    assert Ticket.objects.get(id=ticket.id).owner_id == desk.anna.agent_id


def test_a_retry_with_the_same_client_key_writes_and_sends_once(desk: Desk) -> None:
    ticket, message = desk.ticket(), Reply(text="Готово", client_key=uuid.uuid4())
    assert reply(ticket.id, message, by=desk.anna) == reply(ticket.id, message, by=desk.anna)
    assert Dispatch.objects.count() == 1
    assert texts(ticket.id) == ["Помогите", "Готово"]


def test_an_address_that_is_not_the_persons_any_more_is_refused(desk: Desk) -> None:
    ticket = desk.ticket()
    Handle.objects.filter(person=desk.maria).update(valid_until=timezone.now())
    Handle.objects.create(person=desk.maria, kind="email", value="new@example.org", proof=3)
    old = Reply(text="Ответ", channel_id=desk.mail.id, to="maria@example.org")
    with pytest.raises(Invalid):
        reply(ticket.id, old, by=desk.anna)
    with pytest.raises(Invalid):
        reply(ticket.id, Reply(text="x", channel_id=desk.mail.id, cc=["boss@example.org"]), by=desk.anna)
    assert Dispatch.objects.count() == 0
    reply(ticket.id, Reply(text="Ответ"), by=desk.anna)
    assert Dispatch.objects.get().to_value == "new@example.org"


def test_an_answer_in_the_portal_is_delivered_by_being_stored(desk: Desk) -> None:
    ticket = desk.ticket()
    entry_id = reply(ticket.id, Reply(text="Ответ", channel_id=desk.portal.id), by=desk.anna)
    assert not Dispatch.objects.exists()
    with pytest.raises(Conflict):
        withdraw(entry_id, by=desk.anna)


def test_a_reply_is_taken_back_as_if_it_had_not_been_written(desk: Desk) -> None:
    ticket = desk.ticket()
    entry_id = reply(ticket.id, Reply(text="Ой"), by=desk.anna)
    withdraw(entry_id, by=desk.anna)
    withdraw(entry_id, by=desk.anna)
    ticket.refresh_from_db()
    assert Dispatch.objects.get().state == "cancelled"
    assert (ticket.preview, ticket.last_direction, ticket.answered_at) == ("Помогите", "in", None)
    assert codes(ticket.id)[-1] == "withdrawn"


def test_what_left_or_is_anothers_can_not_be_taken_back(desk: Desk) -> None:
    ticket = desk.ticket()
    entry_id = reply(ticket.id, Reply(text="Ой"), by=desk.anna)
    with pytest.raises(Forbidden):
        withdraw(entry_id, by=desk.boris)
    Dispatch.objects.update(state="sending")
    with pytest.raises(Conflict):
        withdraw(entry_id, by=desk.anna)


def test_files_go_with_the_reply_once(desk: Desk) -> None:
    ticket = desk.ticket()
    blob = Blob.objects.create(hash="a" * 64, size=3)
    upload = Upload.objects.create(
        id=uuid.uuid4(), person_id=desk.anna.person_id, name="отчёт.txt", size=3, received=3, blob=blob
    )
    entry_id = reply(ticket.id, Reply(text="", uploads=[upload.id]), by=desk.anna)
    assert Entry.objects.get(id=entry_id).attachments.get().name == "отчёт.txt"
    for by, used in ((desk.anna, upload.id), (desk.boris, uuid.uuid4())):
        with pytest.raises(Invalid):
            reply(ticket.id, Reply(text="ещё", uploads=[used]), by=by)


def test_a_note_reaches_nobody_and_leaves_the_status(desk: Desk) -> None:
    ticket = desk.ticket()
    note(ticket.id, "Похоже на драйвер", by=desk.anna)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner_id, Dispatch.objects.count()) == ("new", None, 0)
    with pytest.raises(Forbidden):
        note(ticket.id, "x", by=desk.as_requester(desk.maria))


def test_the_persons_word_brings_a_waiting_ticket_back_to_work(desk: Desk) -> None:
    ticket = desk.ticket()
    reply(ticket.id, Reply(text="Какой принтер?"), by=desk.anna)
    ask(ticket.id, "HP на третьем этаже", by=desk.as_requester(desk.maria))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.last_channel, ticket.channels) == ("open", "portal", ["email", "portal"])


def test_long_after_the_end_a_new_ticket_follows_the_old_one(desk: Desk) -> None:
    long_ago = timezone.now() - dt.timedelta(days=60)
    ticket = desk.ticket(status="closed", is_open=False, closed_at=long_ago)
    entry = Entry.objects.get(id=ask(ticket.id, "Опять не печатает", by=desk.as_requester(desk.maria)))
    assert entry.ticket_id != ticket.id
    assert entry.ticket.links.get().other_id == ticket.id
    assert texts(ticket.id) == ["Помогите"]


def test_a_stranger_sees_and_writes_nothing(desk: Desk) -> None:
    ticket, stranger = desk.ticket(), desk.as_requester(desk.person("Чужой"))
    with pytest.raises(NotFound):
        ask(ticket.id, "Впустите", by=stranger)
