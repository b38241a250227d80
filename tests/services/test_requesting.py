"""A ticket is given to whom it is really about, and whoever passed it on stays with it."""

import pytest

from tests.services.desk import Desk, codes
from uzel.kernel.errors import Forbidden, Invalid
from uzel.services.meeting import NewHandle
from uzel.services.requesting import change_requester
from uzel.store.models import AuditRecord, Handle, Person, Ticket, TicketPerson
from uzel.store.queries.ticket_list import Wanted, fetch_list


def test_the_sender_of_a_forwarded_mail_becomes_the_requester_and_the_forwarder_watches(desk: Desk) -> None:
    ticket = desk.ticket(Person.objects.get(id=desk.anna.person_id))
    change_requester(ticket.id, name="Олег Новый", handle=NewHandle("email", "oleg@far.example"), by=desk.boris)

    ticket.refresh_from_db()
    assert ticket.requester.name == "Олег Новый"
    assert Handle.objects.get(value="oleg@far.example").proof == 1
    assert list(TicketPerson.objects.values_list("person_id", "role")) == [(desk.anna.person_id, "watcher")]
    assert "requester" in codes(ticket.id)
    assert AuditRecord.objects.filter(action="change_requester", object_id=str(ticket.id)).count() == 1


def test_a_colleague_who_wrote_for_another_goes_on_taking_part(desk: Desk) -> None:
    ticket, friend = desk.ticket(), desk.person("Пётр Сидоров")
    change_requester(ticket.id, person_id=friend.id, by=desk.anna)

    rows, _ = fetch_list(Wanted(), desk.as_requester(desk.maria))
    assert [row["id"] for row in rows] == [ticket.id]
    assert Ticket.objects.get(id=ticket.id).requester_id == friend.id


def test_giving_a_ticket_to_whom_it_belongs_changes_nothing(desk: Desk) -> None:
    ticket = desk.ticket()
    before = Ticket.objects.get(id=ticket.id).version
    change_requester(ticket.id, person_id=desk.maria.id, by=desk.anna)

    assert Ticket.objects.get(id=ticket.id).version == before
    assert not TicketPerson.objects.exists()


def test_only_those_who_serve_the_ticket_may_give_it_away(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Forbidden):
        change_requester(ticket.id, person_id=desk.maria.id, by=desk.as_requester(desk.maria))
    with pytest.raises(Invalid):
        change_requester(ticket.id, by=desk.anna)
