"""``uzel work``'s outbox loop, in the test's process or as a process of its own."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.callers import make_agent, make_person
from tests.chains import make_entry, make_ticket
from tests.mail.mails import make_channel
from tests.mail.ports import running
from uzel.roles.outbox import OutboxLoop
from uzel.store.models import Channel, Dispatch, Entry
from uzel.store.outbox import queue

PROCESS = """
import threading
from uzel.store import setup
setup()
from uzel.roles.outbox import OutboxLoop
OutboxLoop().run(threading.Event())
"""


@contextmanager
def sending() -> Iterator[None]:
    """Ends, as ``uzel work`` does, when everything that was being sent is settled."""
    stop = threading.Event()
    loop = threading.Thread(target=OutboxLoop().run, args=(stop,))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(30)
        assert not loop.is_alive(), "the outbox does not stop"


@contextmanager
def sending_process(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with running([sys.executable, "-c", PROCESS], log=log) as process:
        yield process


def sending_channel(port: int, **settings: Any) -> Channel:
    server = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "username": "-"}
    return make_channel(**server | settings)


def make_reply(channel: Channel, text: str = "Исправили") -> Entry:
    """An agent's reply to a mail of Ivan's, not yet queued."""
    ticket = make_ticket(make_person("Иван"))
    make_entry(ticket, channel=channel, channel_kind="email", external_id=f"question-{ticket.id}@client.test")
    agent = make_agent("Пётр Сидоров")
    return make_entry(ticket, direction="out", text=text, channel=channel, agent=agent, person=agent.person)


def queued(channel: Channel, to: str = "ivan@users.test", **more: Any) -> Dispatch:
    return queue(make_reply(channel), channel.id, to, to_name="Иван", **more)


def state(dispatch: Dispatch) -> str:
    dispatch.refresh_from_db()
    return dispatch.state
