"""Merging, splitting, moving, and taking each back: nothing lost, nothing shown to whom it is not for."""

import datetime as dt

import pytest

from tests.services.desk import Desk, codes, standing, texts
from uzel.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from uzel.services.asking import ask
from uzel.services.merging import merge, unmerge
from uzel.services.moving import move, undo_join
from uzel.services.participating import let_in
from uzel.services.promising import promise
from uzel.services.replying import Reply, reply
from uzel.services.splitting import split, unsplit
from uzel.store.models import Entry, Join, Promise, Ticket, TicketPerson
from uzel.store.queries.ticket_page import fetch_page


def entry_of(ticket: Ticket, text: str) -> Entry:
    return Entry.objects.get(ticket=ticket, text=text)


def test_a_merge_makes_one_chain_in_order_of_time_and_undo_makes_two_again(desk: Desk) -> None:
    one, two = desk.ticket(None, "письмо 1"), desk.ticket(None, "письмо 2")
    desk.mail_in(one.id, "письмо 3")
    promise(two.id, "Позвоним до 18:00", by=desk.anna)
    journal = merge(two.id, one.id, by=desk.anna)
    assert texts(one.id) == ["письмо 1", "письмо 2", "письмо 3"]
    assert (texts(two.id), Promise.objects.get().ticket_id) == ([], one.id)
    assert standing(entry_of(one, "письмо 2").id).ticket_id == one.id

    unmerge(journal.id, by=desk.anna)
    two.refresh_from_db()
    assert (texts(one.id), texts(two.id)) == (["письмо 1", "письмо 3"], ["письмо 2"])
    assert (two.merged_into_id, two.is_open, two.preview, Promise.objects.get().ticket_id) == (
        None,
        True,
        "письмо 2",
        two.id,
    )


def test_a_merge_keeps_the_older_first_contact_the_owner_and_the_queue(desk: Desk) -> None:
    early = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)
    winner = desk.ticket(owner_id=desk.boris.agent_id)
    loser = desk.ticket(first_contact_at=early, owner_id=desk.anna.agent_id, team_id=desk.hr.id)
    before = Ticket.objects.get(id=winner.id)
    journal = merge(loser.id, winner.id, by=desk.root)
    merged = Ticket.objects.get(id=winner.id)
    assert merged.first_contact_at == early
    assert (merged.owner_id, merged.team_id, merged.status) == (desk.boris.agent_id, desk.team.id, "new")
    unmerge(journal.id, by=desk.root)
    assert Ticket.objects.get(id=winner.id).first_contact_at == before.first_contact_at
    assert Ticket.objects.get(id=loser.id).first_contact_at == early


def test_words_to_a_merged_number_reach_the_ticket_that_lives(desk: Desk) -> None:
    one, two, three = desk.ticket(), desk.ticket(), desk.ticket()
    merge(one.id, two.id, by=desk.anna)
    merge(two.id, three.id, by=desk.anna)
    ask(one.id, "Ну как там?", by=desk.as_requester(desk.maria))
    reply(two.id, Reply(text="Чиним"), by=desk.anna)
    assert texts(three.id)[-2:] == ["Ну как там?", "Чиним"]
    assert fetch_page(one.id, desk.anna)[0]["id"] == three.id


def test_a_circle_of_numbers_does_not_hang_the_reader(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket()
    Ticket.objects.filter(id=one.id).update(merged_into=two, is_open=False)
    Ticket.objects.filter(id=two.id).update(merged_into=one, is_open=False)
    assert fetch_page(one.id, desk.anna)[0]["id"] in (one.id, two.id)


def test_a_ticket_can_not_be_merged_into_itself_by_any_way(desk: Desk) -> None:
    one, two = desk.ticket(), desk.ticket()
    merge(one.id, two.id, by=desk.anna)
    for pair in ((one.id, two.id), (two.id, one.id), (two.id, two.id)):
        with pytest.raises(Conflict):
            merge(*pair, by=desk.anna)


def test_an_inner_merge_is_undone_out_of_order(desk: Desk) -> None:
    one, two, three = desk.ticket(None, "1"), desk.ticket(None, "2"), desk.ticket(None, "3")
    inner, outer = merge(one.id, two.id, by=desk.anna), merge(two.id, three.id, by=desk.anna)
    unmerge(inner.id, by=desk.anna)
    assert (texts(one.id), texts(two.id), texts(three.id)) == (["1"], [], ["2", "3"])
    unmerge(outer.id, by=desk.anna)
    assert (texts(one.id), texts(two.id), texts(three.id)) == (["1"], ["2"], ["3"])


def test_merging_lets_the_other_requester_in_until_it_is_undone(desk: Desk) -> None:
    other = desk.person("Иван", "ivan@example.org")
    one, two = desk.ticket(), desk.ticket(other)
    journal = merge(two.id, one.id, by=desk.anna)
    assert fetch_page(two.id, desk.as_requester(other))[0]["id"] == one.id
    unmerge(journal.id, by=desk.anna)
    assert fetch_page(two.id, desk.as_requester(other))[0]["id"] == two.id
    with pytest.raises(NotFound):
        fetch_page(one.id, desk.as_requester(other))


def test_merging_does_not_let_a_doubtful_person_in(desk: Desk) -> None:
    doubtful = desk.person("Мария Иванова", "maria@elsewhere.example", is_provisional=True)
    journal = merge(desk.ticket(doubtful).id, desk.ticket().id, by=desk.anna)
    with pytest.raises(NotFound):
        fetch_page(journal.winner_id, desk.as_requester(doubtful))


def test_a_split_makes_a_ticket_of_the_writer_and_undo_leads_its_number_back(desk: Desk) -> None:
    ticket = desk.ticket(None, "принтер", "и ещё мышь", "и клавиатура")
    mouse = entry_of(ticket, "и ещё мышь")
    before = standing(mouse.id)
    journal = split(ticket.id, [mouse.id], subject="Мышь", by=desk.anna)
    new = Ticket.objects.get(id=journal.target_id)
    assert (new.subject, new.requester_id, new.first_contact_at, new.status) == (
        "Мышь",
        desk.maria.id,
        mouse.at,
        "open",
    )
    assert (texts(new.id), texts(ticket.id)) == (["и ещё мышь"], ["принтер", "и клавиатура"])
    assert standing(mouse.id).verdict == "agent"
    assert Join.objects.get(id=before.id).undone_at is not None

    desk.mail_in(new.id, "мышь нашлась")
    unsplit(journal.id, by=desk.anna)
    assert texts(ticket.id) == ["принтер", "и ещё мышь", "и клавиатура", "мышь нашлась"]
    assert standing(mouse.id).id == before.id
    assert fetch_page(new.id, desk.anna)[0]["id"] == ticket.id


def test_a_participant_sees_only_his_ticket_after_the_split(desk: Desk) -> None:
    other = desk.person("Иван", "ivan@example.org")
    ticket = desk.ticket(None, "секрет Марии")
    let_in(ticket.id, person_id=other.id, by=desk.anna)
    his = desk.mail_in(ticket.id, "а у меня монитор", other)
    journal = split(ticket.id, [his.id], by=desk.anna)
    head, entries, _ = fetch_page(journal.target_id, desk.as_requester(other))
    assert ([entry["text"] for entry in entries if entry["kind"] == "message"], head["requester_id"]) == (
        ["а у меня монитор"],
        other.id,
    )
    with pytest.raises(NotFound):
        fetch_page(ticket.id, desk.as_requester(other))
    with pytest.raises(NotFound):
        fetch_page(journal.target_id, desk.as_requester(desk.maria))
    unsplit(journal.id, by=desk.anna)
    assert fetch_page(ticket.id, desk.as_requester(other))[0]["id"] == ticket.id


def test_a_split_takes_only_what_stands_here_and_leaves_something(desk: Desk) -> None:
    ticket, other = desk.ticket(None, "один", "два"), desk.ticket(None, "чужое")
    ids = list(Entry.objects.filter(ticket=ticket, kind="message").values_list("id", flat=True))
    for wrong in (ids, [entry_of(other, "чужое").id], []):
        with pytest.raises(Invalid):
            split(ticket.id, wrong, by=desk.anna)


def test_a_moved_entry_goes_back_with_its_old_join(desk: Desk) -> None:
    one, two = desk.ticket(None, "принтер", "про отпуск"), desk.ticket(None, "отпуск")
    entry = entry_of(one, "про отпуск")
    before = standing(entry.id)
    move(entry.id, two.id, by=desk.anna)
    moved = standing(entry.id)
    assert (moved.ticket_id, moved.verdict, texts(two.id)) == (two.id, "agent", ["про отпуск", "отпуск"])
    assert undo_join(moved.id, by=desk.anna) == (entry.id, one.id)
    assert (standing(entry.id).id, texts(one.id)) == (before.id, ["принтер", "про отпуск"])


def test_a_wrong_join_is_undone_into_a_ticket_of_the_sender(desk: Desk) -> None:
    ticket = desk.ticket(None, "принтер")
    other = desk.person("Иван", "ivan@example.org")
    entry = desk.mail_in(ticket.id, "дайте доступ", other)
    _, to = undo_join(standing(entry.id).id, by=desk.anna)
    assert to != ticket.id
    new = Ticket.objects.get(id=to)
    assert (new.requester_id, new.first_contact_at, texts(to), texts(ticket.id)) == (
        other.id,
        entry.at,
        ["дайте доступ"],
        ["принтер"],
    )
    _, back = undo_join(standing(entry.id).id, by=desk.anna)
    assert (back, fetch_page(to, desk.anna)[0]["id"]) == (ticket.id, ticket.id)


def test_a_ticket_emptied_by_a_move_leads_on_and_stands_up_again(desk: Desk) -> None:
    one, two = desk.ticket(None, "одно"), desk.ticket(None, "другое")
    entry = entry_of(one, "одно")
    move(entry.id, two.id, by=desk.anna)
    assert fetch_page(one.id, desk.anna)[0]["id"] == two.id
    undo_join(standing(entry.id).id, by=desk.anna)
    one.refresh_from_db()
    assert (one.merged_into_id, one.is_open, texts(one.id)) == (None, True, ["одно"])


def test_the_only_entry_of_a_ticket_stays(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Conflict):
        undo_join(standing(entry_of(ticket, "Помогите").id).id, by=desk.anna)


def test_a_split_is_undone_after_its_ticket_was_merged_elsewhere(desk: Desk) -> None:
    ticket, third = desk.ticket(None, "a", "b"), desk.ticket(None, "c")
    journal = split(ticket.id, [entry_of(ticket, "b").id], by=desk.anna)
    merge(journal.target_id, third.id, by=desk.anna)
    unsplit(journal.id, by=desk.anna)
    assert (texts(ticket.id), texts(third.id)) == (["a", "b"], ["c"])


def test_those_who_do_not_serve_change_nothing(desk: Desk) -> None:
    one, two = desk.ticket(None, "a", "b"), desk.ticket()
    maria = desk.as_requester(desk.maria)
    entry = entry_of(one, "b")
    for attempt in (
        lambda: merge(one.id, two.id, by=maria),
        lambda: split(one.id, [entry.id], by=maria),
        lambda: move(entry.id, two.id, by=maria),
        lambda: undo_join(standing(entry.id).id, by=maria),
    ):
        with pytest.raises(Forbidden):
            attempt()
    hidden = desk.ticket(team_id=desk.hr.id)
    with pytest.raises(NotFound):
        merge(one.id, hidden.id, by=desk.anna)
    assert TicketPerson.objects.count() == 0
    assert "merged" not in codes(one.id)
