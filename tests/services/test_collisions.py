"""Two people act at the same moment: one wins, the other is told, nothing is half done."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connections

from tests.services.desk import Desk, codes, texts
from uzel.kernel.errors import Conflict, Stale, UzelError
from uzel.services.asking import ask
from uzel.services.assigning import take
from uzel.services.confirming import confirm, reopen
from uzel.services.editing import edit
from uzel.services.merging import merge
from uzel.services.participating import leave_out, let_in
from uzel.services.promising import decide, promise
from uzel.services.replying import Reply, reply
from uzel.store.models import Entry, Promise, Service, Ticket
from uzel.store.queries.counts import fetch_counts
from uzel.store.queries.ticket_page import fetch_page
from uzel.store.reach import find_root


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run them in threads that start together; gives what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait(10)
        try:
            results[place] = act()
        except UzelError as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_two_who_take_a_ticket_at_once_one_gets_it(desk: Desk) -> None:
    for _ in range(5):
        ticket = desk.ticket()
        results = at_once(partial(take, ticket.id, by=desk.anna), partial(take, ticket.id, by=desk.boris))
        refused = [result for result in results if isinstance(result, Conflict)]
        assert (len(refused), results.count(ticket.id)) == (1, 1)
        assert "Первым взял" in refused[0].ru


def test_an_edit_based_on_an_older_version_is_refused_with_the_current_one(desk: Desk) -> None:
    ticket = desk.ticket()
    edit(ticket.id, {"urgency": 1}, version=ticket.version, by=desk.anna)
    with pytest.raises(Stale) as refused:
        edit(ticket.id, {"urgency": 3}, version=ticket.version, by=desk.boris)
    now = Ticket.objects.get(id=ticket.id)
    assert (refused.value.current, now.urgency, now.priority) == (now.version, 1, 2)


def test_of_two_edits_at_once_one_is_refused(desk: Desk) -> None:
    ticket = desk.ticket()
    results = at_once(
        lambda: edit(ticket.id, {"urgency": 1}, version=ticket.version, by=desk.anna),
        lambda: edit(ticket.id, {"impact": 1}, version=ticket.version, by=desk.boris),
    )
    assert sum(isinstance(result, Stale) for result in results) == 1


def test_crossed_merges_never_make_a_circle(desk: Desk) -> None:
    for _ in range(5):
        one, two = desk.ticket(), desk.ticket()
        results = at_once(partial(merge, one.id, two.id, by=desk.anna), partial(merge, two.id, one.id, by=desk.boris))
        assert sum(isinstance(result, Conflict) for result in results) == 1
        root = find_root(one.id, desk.anna).id
        assert root == find_root(two.id, desk.anna).id
        assert len(texts(root)) == 2


def test_words_written_during_a_merge_stand_in_the_winner(desk: Desk) -> None:
    for number in range(5):
        one, two = desk.ticket(), desk.ticket()
        maria = desk.as_requester(desk.maria)
        at_once(partial(merge, one.id, two.id, by=desk.anna), partial(ask, one.id, f"ещё {number}", by=maria))
        assert f"ещё {number}" in texts(two.id)
        assert texts(one.id) == []


def test_the_same_message_sent_twice_at_once_stands_once(desk: Desk) -> None:
    ticket, key = desk.ticket(), uuid.uuid4()
    results = at_once(*[lambda: reply(ticket.id, Reply(text="Да", client_key=key), by=desk.anna)] * 3)
    assert len(set(results)) == 1
    assert texts(ticket.id).count("Да") == 1


def test_counters_follow_every_change(desk: Desk) -> None:
    before = fetch_counts(desk.anna)
    ticket = desk.ticket(due_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    desk.ticket(team_id=desk.hr.id)
    take(ticket.id, by=desk.anna)
    reply(ticket.id, Reply(text="?"), by=desk.anna)
    counts = fetch_counts(desk.anna)
    grown = {name: counts[name] - before[name] for name in counts}
    assert grown == {"open": 1, "mine": 1, "my_teams": 1, "unassigned": 0, "waiting": 1, "due": 1}
    assert fetch_counts(desk.root)["open"] == 2


def test_a_solution_is_confirmed_once_and_can_be_refused(desk: Desk) -> None:
    ticket, maria = desk.ticket(owner_id=desk.anna.agent_id), desk.as_requester(desk.maria)
    with pytest.raises(Conflict):
        confirm(ticket.id, by=maria)
    reply(ticket.id, Reply(text="Готово", status_after="resolved"), by=desk.anna)
    reopen(ticket.id, text="Нет", by=maria)
    back = Ticket.objects.get(id=ticket.id)
    assert (back.status, back.owner_id, back.resolved_at) == ("open", desk.anna.agent_id, None)
    reply(ticket.id, Reply(text="А теперь?", status_after="resolved"), by=desk.anna)
    confirm(ticket.id, comment="Спасибо", by=maria)
    confirm(ticket.id, by=maria)
    done = Ticket.objects.get(id=ticket.id)
    assert done.confirmed_at is not None
    assert (done.status, done.closed_at is not None, texts(ticket.id)[-1]) == ("closed", True, "Спасибо")
    assert codes(ticket.id).count("confirmed") == 1


def test_another_service_brings_its_team_and_gives_the_ticket_back_to_the_queue(desk: Desk) -> None:
    service = Service.objects.create(name_ru="Кадры", name_en="HR", team=desk.hr)
    ticket = desk.ticket(owner_id=desk.anna.agent_id)
    first = ticket.first_contact_at
    edit(ticket.id, {"service_id": service.id}, version=ticket.version, by=desk.anna)
    moved = Ticket.objects.get(id=ticket.id)
    assert (moved.team_id, moved.owner_id, moved.first_contact_at) == (desk.hr.id, None, first)
    assert {"team", "service", "owner"} <= set(codes(ticket.id))


def test_a_promise_is_told_to_the_person_and_decided_by_the_desk(desk: Desk) -> None:
    ticket = desk.ticket()
    made = promise(ticket.id, "Курьер во вторник", by=desk.anna)
    decide(made.id, "kept", by=desk.boris)
    head, entries, _ = fetch_page(ticket.id, desk.as_requester(desk.maria))
    assert [(one["text"], one["state"]) for one in head["promises"]] == [("Курьер во вторник", "kept")]
    assert any(b"promise" in bytes(entry["meta"]) for entry in entries if entry["kind"] == "event")
    assert Promise.objects.get().decided_at is not None


def test_a_participant_writes_until_he_is_left_out(desk: Desk) -> None:
    ticket, friend = desk.ticket(), desk.person("Друг")
    let_in(ticket.id, person_id=friend.id, by=desk.anna)
    ask(ticket.id, "Я тоже жду", by=desk.as_requester(friend))
    leave_out(ticket.id, friend.id, by=desk.anna)
    with pytest.raises(UzelError):
        ask(ticket.id, "Ау", by=desk.as_requester(friend))
    assert Entry.objects.filter(person=friend).exclude(kind="event").count() == 1
