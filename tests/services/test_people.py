"""Two cards of one person: merged by an agent, parted again, and never a way to see what is hidden."""

import datetime as dt

import pytest

from tests.services.desk import Desk, codes, texts
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, Forbidden, NotFound
from uzel.services.meeting import NewHandle
from uzel.services.participating import let_in
from uzel.services.people import add_handle, add_person, change_person, end_handle
from uzel.services.suggesting import accept, dismiss
from uzel.services.uniting import part, unite
from uzel.store.models import Entry, Handle, Organization, Person, PersonSuggestion, Session, Ticket, TicketPerson
from uzel.store.queries.people import fetch_people, fetch_profile
from uzel.store.queries.ticket_page import fetch_page


def second_card(desk: Desk) -> Person:
    person = desk.person("Маша Иванова", "masha@home.example", is_provisional=True)
    Handle.objects.filter(person=person).update(proof=1, evidence="wrote")
    return person


def state() -> list[object]:
    return [
        list(Handle.objects.order_by("id").values_list("id", "person_id", "proof", "evidence")),
        list(Ticket.objects.order_by("id").values_list("id", "requester_id")),
        list(Entry.objects.exclude(kind="event").order_by("id").values_list("id", "person_id")),
        sorted(TicketPerson.objects.values_list("ticket_id", "person_id", "role")),
        list(Person.objects.order_by("id").values_list("id", "merged_into_id", "is_provisional")),
        list(PersonSuggestion.objects.order_by("id").values_list("id", "state")),
    ]


def test_merged_cards_share_tickets_words_and_addresses_and_part_exactly(desk: Desk) -> None:
    masha = second_card(desk)
    hers, marias = desk.ticket(masha, "с домашней почты"), desk.ticket()
    let_in(marias.id, person_id=masha.id, by=desk.anna)
    both = desk.ticket(desk.person("Третий"))
    for person in (masha, desk.maria):
        let_in(both.id, person_id=person.id, by=desk.anna)
    PersonSuggestion.objects.create(person=masha, target=desk.maria, score=70, reasons=[])
    before = state()
    journal = unite(masha.id, desk.maria.id, by=desk.anna)
    head, entries, _ = fetch_page(hers.id, desk.as_requester(desk.maria))
    assert (head["requester_id"], entries[0]["author_name"]) == (desk.maria.id, "Мария Иванова")
    assert Handle.objects.get(value="masha@home.example").proof == 2
    assert "person_merged" in codes(hers.id)
    part(journal.id, by=desk.anna)
    part(journal.id, by=desk.anna)
    assert state() == before


def test_a_merge_of_people_signs_nobody_in_as_somebody_else(desk: Desk) -> None:
    masha = second_card(desk)
    session = Session.objects.create(person=masha, token_hash=b"x", expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    unite(masha.id, desk.maria.id, by=desk.anna)
    session.refresh_from_db()
    assert session.person_id == masha.id


def test_a_doubtful_cards_proven_address_does_not_prove_the_other_person(desk: Desk) -> None:
    masha = second_card(desk)
    Handle.objects.filter(person=masha).update(proof=3)
    journal = unite(masha.id, desk.maria.id, by=desk.anna)
    assert Handle.objects.get(value="masha@home.example").proof == 2
    part(journal.id, by=desk.anna)
    assert Handle.objects.get(value="masha@home.example").proof == 3


def test_people_are_not_merged_to_see_what_is_hidden(desk: Desk) -> None:
    masha, hidden = second_card(desk), desk.person("Секретарь")
    desk.ticket(hidden, team_id=desk.hr.id)
    agent_card = Person.objects.get(id=desk.anna.person_id)
    for pair in ((hidden.id, masha.id), (masha.id, hidden.id), (masha.id, agent_card.id)):
        with pytest.raises(Forbidden):
            unite(*pair, by=desk.anna)
    with pytest.raises(Conflict):
        unite(agent_card.id, masha.id, by=desk.root)
    with pytest.raises(Forbidden):
        unite(masha.id, desk.maria.id, by=desk.as_requester(desk.maria))
    unite(hidden.id, masha.id, by=desk.root)


def test_a_suggestion_is_accepted_with_the_tickets_of_both(desk: Desk) -> None:
    masha = second_card(desk)
    hers, marias = desk.ticket(masha, "это опять я"), desk.ticket(None, "принтер")
    suggestion = PersonSuggestion.objects.create(person=masha, target=desk.maria, score=70, reasons=[])
    people, tickets = accept(suggestion.id, join_ticket=True, by=desk.anna)
    assert (people.winner_id, tickets and tickets.winner_id) == (desk.maria.id, marias.id)
    assert sorted(texts(marias.id)) == ["принтер", "это опять я"]
    assert fetch_page(hers.id, desk.as_requester(desk.maria))[0]["id"] == marias.id
    with pytest.raises(Conflict):
        accept(suggestion.id, by=desk.anna)


def test_a_dismissed_suggestion_makes_the_card_an_ordinary_one(desk: Desk) -> None:
    masha = second_card(desk)
    suggestion = PersonSuggestion.objects.create(person=masha, target=desk.maria, score=70, reasons=[])
    dismiss(suggestion.id, by=desk.anna)
    masha.refresh_from_db()
    assert (masha.is_provisional, fetch_profile(masha.id, desk.anna)["suggestions"]) == (False, [])


def test_a_chain_of_merges_is_undone_from_its_middle(desk: Desk) -> None:
    one, two, three = (desk.person(name, f"{name}@example.org") for name in ("раз", "два", "три"))
    ticket = desk.ticket(one)
    first = unite(one.id, two.id, by=desk.anna)
    unite(two.id, three.id, by=desk.anna)
    part(first.id, by=desk.anna)
    ticket.refresh_from_db()
    assert ticket.requester_id == one.id
    assert Handle.objects.get(value="раз@example.org").person_id == one.id
    assert Handle.objects.get(value="два@example.org").person_id == three.id


def test_people_are_found_by_name_and_address(desk: Desk) -> None:
    assert [row["name"] for row in fetch_people("марИЯ", None, desk.anna)] == ["Мария Иванова"]
    assert [row["name"] for row in fetch_people("maria@exa", None, desk.anna)] == ["Мария Иванова"]
    assert fetch_people("100%", None, desk.anna) == []
    assert fetch_people("a_ia", None, desk.anna) == []


def test_an_address_belongs_to_one_card(desk: Desk) -> None:
    with pytest.raises(Conflict):
        add_person("Мария", NewHandle("email", "MARIA@example.org"), by=desk.anna)
    person = add_person("Мария Вторая", NewHandle("phone", "8 916 123-45-67"), by=desk.anna)
    add_handle(person, NewHandle("email", "second@example.org"), by=desk.anna)
    assert set(Handle.objects.filter(person=person).values_list("value", "proof")) == {
        ("+79161234567", 1),
        ("second@example.org", 1),
    }
    handle = Handle.objects.get(value="second@example.org")
    end_handle(handle.id, by=desk.anna)
    assert add_person("Новая", NewHandle("email", "second@example.org"), by=desk.anna)


def test_only_an_administrator_lets_somebody_read_an_organisation(desk: Desk) -> None:
    company = Organization.objects.create(name="Ромашка")
    change_person(desk.maria.id, {"organization_id": company.id}, by=desk.anna)
    with pytest.raises(Forbidden):
        change_person(desk.maria.id, {"sees_organization": True}, by=desk.anna)
    change_person(desk.maria.id, {"sees_organization": True}, by=desk.root)
    colleague = desk.person("Коллега", organization=company)
    plain, secret = desk.ticket(colleague), desk.ticket(colleague, team_id=desk.hr.id)
    maria = Actor(person_id=desk.maria.id, organization_id=company.id, sees_organization=True)
    assert fetch_page(plain.id, maria)[0]["id"] == plain.id
    with pytest.raises(NotFound):
        fetch_page(secret.id, maria)
