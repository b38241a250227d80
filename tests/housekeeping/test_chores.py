"""Nothing grows for ever, and what people rely on stays."""

import datetime as dt
import os
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from uzel.kernel.config import load_config
from uzel.roles import housekeeping
from uzel.roles.housekeeping import CHORES, back_up_when_due, is_due, run_housekeeping
from uzel.store.announce import announce
from uzel.store.live import purge_events
from uzel.store.models import LiveEvent, Person, Team, Ticket, TicketTally, TicketTallyDelta
from uzel.store.tally import fold_tally

TALLY = """
SELECT team_id, owner_id, status, sum(n)::int FROM (
    SELECT team_id, owner_id, status, n FROM ticket_tally
    UNION ALL SELECT team_id, owner_id, status, n FROM ticket_tally_delta
) t GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1 NULLS FIRST, 3
"""
COUNTED = """
SELECT team_id, owner_id, status, count(*)::int FROM ticket
WHERE is_open GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 3
"""


def rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.fixture
def tickets(db: Any) -> list[Ticket]:
    person = Person.objects.create(name="Иван")
    team = Team.objects.create(name_ru="Первая", name_en="First")
    return [Ticket.objects.create(subject="1", requester=person, team=team if n % 2 else None) for n in range(6)]


def test_folding_leaves_every_count_as_it_was(tickets: list[Ticket]) -> None:
    for _ in range(3):
        Ticket.objects.filter(id=tickets[0].id).update(status="closed", is_open=False)
        assert rows(TALLY) == rows(COUNTED)
        assert fold_tally() > 0
        assert rows(TALLY) == rows(COUNTED)
        assert not TicketTallyDelta.objects.exists()
        Ticket.objects.filter(id=tickets[0].id).update(status="open", is_open=True)
        fold_tally()
    assert TicketTally.objects.count() < 6
    assert fold_tally() == 0


def test_two_folding_at_once_count_nothing_twice(tickets: list[Ticket]) -> None:
    def churn(ticket: Ticket) -> None:
        for n in range(25):
            done = n % 2 == 0
            Ticket.objects.filter(id=ticket.id).update(status="closed" if done else "open", is_open=not done)
            fold_tally()
        connections.close_all()

    threads = [threading.Thread(target=churn, args=(ticket,)) for ticket in tickets[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(TALLY) == rows(COUNTED)


def test_events_of_yesterday_go_but_for_the_mark_that_says_how_far_back_nothing_is_gone(tickets: list[Ticket]) -> None:
    for _ in range(5):
        announce("ticket", tickets[0].id)
    ids = sorted(LiveEvent.objects.values_list("id", flat=True))
    LiveEvent.objects.filter(id__in=ids[:3]).update(at=timezone.now() - dt.timedelta(hours=25))
    assert purge_events() == 2
    assert sorted(LiveEvent.objects.values_list("id", flat=True)) == ids[2:]
    assert purge_events() == 0


AT_TWO, AT_NOON = (dt.datetime(2026, 11, 21, hour, tzinfo=dt.UTC) for hour in (2, 12))


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (AT_TWO - dt.timedelta(days=1), AT_TWO, True),
        (AT_TWO - dt.timedelta(hours=3), AT_TWO, False),
        (AT_NOON - dt.timedelta(hours=22), AT_NOON, False),
        (AT_NOON - dt.timedelta(hours=31), AT_NOON, True),
        (None, AT_NOON, False),
        (None, AT_TWO, True),
    ],
)
def test_a_backup_is_made_once_a_night_and_in_daytime_where_nights_are_switched_off(
    last: dt.datetime | None, now: dt.datetime, due: bool
) -> None:
    assert is_due(last, now) is due


def test_a_backup_that_is_due_is_made_once(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "NIGHT", range(24))
    folder = load_config().home / "backups"
    secret = load_config().secret_key_file
    secret.touch()
    os.utime(secret, (0, 0))
    assert back_up_when_due().startswith(str(folder))
    assert back_up_when_due() == ""
    for made in folder.iterdir():
        made.unlink()


def test_a_worker_does_the_chores_and_stops_when_told(tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch) -> None:
    done: set[str] = set()
    stop = threading.Event()

    def noting(name: str) -> Any:
        def work() -> None:
            done.add(name)
            if len(done) == len(CHORES):
                stop.set()

        return work

    every_second = [chore._replace(cron="* * * * * */1", work=noting(chore.name)) for chore in CHORES]
    monkeypatch.setattr(housekeeping, "CHORES", every_second)
    worker = threading.Thread(target=run_housekeeping, args=(stop,))
    worker.start()
    assert stop.wait(60), done
    worker.join(20)
    assert not worker.is_alive()


def test_every_chore_runs_on_an_empty_database(db: Any) -> None:
    for chore in CHORES:
        chore.work()
