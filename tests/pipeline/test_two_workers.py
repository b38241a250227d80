"""Two workers take in mails while an agent answers, merges, splits and undoes: nothing is lost, doubled or stuck."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from tests.callers import Page, make_agent, make_person, page_of
from tests.pipeline.conftest import make_mail
from uzel.channelkit.contract import RawDelivery
from uzel.kernel.tokens import TICKET, sign
from uzel.store.deliveries import store_delivery
from uzel.store.models import Channel, Delivery, Entry, Handle, Join, Ticket, TicketMerge
from uzel.store.secrets import token_secret

MAILS, SENDERS, BACKLOG, PAUSE = 300, 20, 15, 0.01
MATTERS = ("принтер на складе", "доступ к папке", "медленная сеть", "пароль от почты", "новый монитор")
WORK = f"""
import sys, time
from uzel.store import setup
setup()
from django.db import connection
from django.db.models import F
from uzel.pipeline.intake import take_in_batch
from uzel.store.models import Delivery
deadline = time.monotonic() + 90
while time.monotonic() < deadline:
    if not take_in_batch(7):
        if Delivery.objects.exclude(state="new").count() >= {MAILS}:
            sys.exit(0)
        time.sleep({PAUSE})
sys.exit(1)
"""


@pytest.fixture
def workers(mailbox: Channel, database_url: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    environment = os.environ | {"DATABASE_URL": database_url}
    started = [subprocess.Popen([sys.executable, "-c", WORK], env=environment) for _ in range(2)]
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


def a_mail(number: int, dice: random.Random) -> bytes:
    """Of one of the senders, about anything; some answer what came before, some carry a ticket's token."""
    sender, matter = number % SENDERS, dice.choice(MATTERS)
    headers = {"Message_ID": f"<stress{number}@nord.example>"}
    if number >= SENDERS and dice.random() < 0.4:
        headers["In_Reply_To"] = f"<stress{dice.randrange(number)}@nord.example>"
    last = Ticket.objects.order_by("-id").values_list("id", flat=True).first()
    if last and dice.random() < 0.2:
        headers["To"] = f"support+{sign(token_secret(), TICKET, str(dice.randint(10001, last)))}@desk.example"
    if dice.random() < 0.3:
        headers["Cc"] = f"s{dice.randrange(SENDERS)}@nord.example"
    return make_mail(f"s{sender}@nord.example", f"{matter} {number % 3}", f"Не работает {matter}, помогите", **headers)


class Meddler:
    """An agent who does something to random tickets as fast as the API answers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.dice = random.Random(5)
        self.answers: dict[str, set[int]] = {}
        self.broken: list[str] = []

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            known = list(Ticket.objects.order_by("-id").values_list("id", flat=True)[:30])
            if len(known) >= 2:
                self.act(*self.dice.sample(known, 2))
            stop.wait(PAUSE)
        connection.close()

    def act(self, one: int, two: int) -> None:
        deed = self.dice.choice(("reply", "merge", "unmerge", "split", "status", "move"))
        number = f"/tickets/U-{one}"
        entry = Entry.objects.filter(ticket=one, kind="message").order_by("?").values_list("id", flat=True).first()
        merge = TicketMerge.objects.filter(undone_at=None).order_by("?").values_list("id", flat=True).first()
        match deed:
            case "reply":
                self.send(deed, f"{number}/replies", {"text": "Смотрим"})
            case "merge":
                self.send(deed, f"{number}/merge", {"into": f"U-{two}"})
            case "unmerge" if merge:
                self.send(deed, f"/merges/{merge}/undo")
            case "split" if entry:
                self.send(deed, f"{number}/split", {"entry_ids": [entry]})
            case "move" if entry:
                self.send(deed, f"/entries/{entry}/move", {"to": f"U-{two}"})
            case "status":
                self.send(deed, f"{number}/notes", {"text": "заметка"})

    def send(self, deed: str, path: str, body: Any = None) -> None:
        from uzel.api.gate import pace  # not before: settings are ready once the first test asks for a database

        pace.forget()  # this agent is faster than any
        answer = self.page.post(path, body)
        self.answers.setdefault(deed, set()).add(answer.status_code)
        if answer.status_code >= 500:
            self.broken.append(f"{path}: {answer.content.decode()}")


def test_nothing_is_lost_or_doubled_while_two_workers_and_an_agent_work(
    mailbox: Channel, workers: list[subprocess.Popen[bytes]]
) -> None:
    for number in range(SENDERS):
        person = make_person(f"Сотрудник {number}")
        Handle.objects.create(person=person, kind="email", value=f"s{number}@nord.example", proof=2)
    meddler, stop = Meddler(page_of(make_agent("Анна", role="administrator").person)), threading.Event()
    assert meddler.page.get("/tickets").status_code == 200  # the first call loads much of Uzel
    agent = threading.Thread(target=meddler.run, args=(stop,))
    agent.start()
    try:
        dice = random.Random(3)
        for number in range(MAILS):
            store_delivery(mailbox.id, RawDelivery(external_id=f"s{number}", body=a_mail(number, dice)))
            wait_while(lambda: Delivery.objects.filter(state="new").count() > BACKLOG)
        assert [worker.wait(100) for worker in workers] == [0, 0]
    finally:
        stop.set()
        agent.join()

    assert meddler.broken == []
    done = {deed for deed, answers in meddler.answers.items() if answers & {200, 201}}
    assert len(done) >= 3, "the agent had no time to meddle"
    check_all_is_whole()


def wait_while(true: Callable[[], bool]) -> None:
    """So that the agent finds something to do between the mails."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while true() and time.monotonic() < deadline:
        pause.wait(PAUSE)


def check_all_is_whole() -> None:
    troubled = Delivery.objects.exclude(state="done").values_list("external_id", "state", "error")
    assert list(troubled) == []
    came_in = Entry.objects.filter(direction="in", delivery__isnull=False)
    assert came_in.count() == MAILS
    assert came_in.values("delivery").distinct().count() == MAILS
    assert Join.objects.filter(undone_at=None).count() == Entry.objects.count()
    astray = Join.objects.filter(undone_at=None).exclude(ticket_id=F("entry__ticket_id"))
    assert list(astray.values_list("entry_id", "ticket_id", "entry__ticket_id")) == [], (
        "entry, its Join's ticket, its own"
    )
    behind = Entry.objects.exclude(kind="event").filter(ticket__merged_into__isnull=False)
    assert list(behind.values_list("id", "ticket_id")) == [], "words behind a merged number"
    assert Handle.objects.filter(kind="email", valid_until=None).count() == SENDERS
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT team_id, owner_id, status, sum(n) FROM (
                SELECT team_id, owner_id, status, n FROM ticket_tally
                UNION ALL SELECT team_id, owner_id, status, n FROM ticket_tally_delta
                UNION ALL SELECT team_id, owner_id, status, -1 FROM ticket WHERE is_open) t
            GROUP BY 1, 2, 3 HAVING sum(n) <> 0""")
        assert cursor.fetchall() == [], "the tally differs from a recount"
        cursor.execute("""
            SELECT t.id, t.entry_count, c.n FROM ticket t CROSS JOIN LATERAL (
                SELECT count(*) AS n FROM entry e WHERE e.ticket_id = t.id AND e.kind <> 'event') c
            WHERE t.entry_count <> c.n""")
        assert cursor.fetchall() == [], "entry counts differ from a recount"
