"""A real ``uzel live`` process and a small desk with something to hide."""

import asyncio
import datetime as dt
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from django.utils import timezone

from uzel.store.announce import announce
from uzel.store.models import Account, Agent, Person, Session, Team, TeamMember, Ticket, TicketPerson

RUN_LIVE = "from uzel.kernel.config import load_config; from uzel.roles.live import run; run(load_config())"


@dataclass
class Desk:
    """Two teams, one of them closed; a ticket in each; a person for every kind of eye."""

    secrets: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def sign_in(self, name: str) -> None:
        secret = f"secret-of-{name}"
        Account.objects.create(person=self.people[name], login=name)
        Session.objects.create(
            token_hash=hashlib.sha256(secret.encode()).digest(),
            person=self.people[name],
            expires_at=timezone.now() + dt.timedelta(hours=1),
        )
        self.secrets[name] = secret


def make_desk() -> Desk:
    desk = Desk()
    desk.teams = {
        "support": Team.objects.create(name_ru="Поддержка", name_en="Support"),
        "security": Team.objects.create(name_ru="Безопасность", name_en="Security", is_restricted=True),
    }
    for name in ("admin", "support", "security", "ivan", "maria", "friend"):
        desk.people[name] = Person.objects.create(name=name)
    for name, role in (("admin", "administrator"), ("support", "agent"), ("security", "agent")):
        agent = Agent.objects.create(person=desk.people[name], role=role)
        if name in desk.teams:
            TeamMember.objects.create(team=desk.teams[name], agent=agent)
    for name in desk.people:
        desk.sign_in(name)
    desk.tickets = {
        "open": Ticket.objects.create(subject="1С", requester=desk.people["ivan"], team=desk.teams["support"]),
        "closed": Ticket.objects.create(subject="Утечка", requester=desk.people["maria"], team=desk.teams["security"]),
        "loose": Ticket.objects.create(subject="?", requester=desk.people["maria"]),
    }
    TicketPerson.objects.create(ticket=desk.tickets["open"], person=desk.people["friend"], role="participant")
    announce("ticket", desk.tickets["open"].id)  # a table with a past: what came before is nobody's news
    return desk


@dataclass
class LiveProcess:
    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> float:
        """Seconds from SIGTERM to the end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - started


def start_live(database_url: str) -> LiveProcess:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": database_url, "UZEL_LIVE_PORT": str(port)}
    live = LiveProcess(port, subprocess.Popen([sys.executable, "-c", RUN_LIVE], env=environment))
    wait_for_port(port, live.process)
    return live


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "uzel live ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("uzel live did not open its port")


@dataclass
class Stream:
    """What one open page has heard."""

    response: aiohttp.ClientResponse
    events: list[dict[str, Any]] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["event"] == kind]

    async def read(self) -> None:
        """As a browser does it: an event counts when its blank line has come."""
        event: dict[str, Any] = {}
        try:
            async for raw in self.response.content:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if not line:
                    self.last_id = event.pop("id", self.last_id)
                    if "data" in event:
                        self.events.append(event | {"data": json.loads(event["data"])})
                    event = {}
                else:
                    event[name] = value
        except aiohttp.ClientError:
            pass  # cut off: the test asks ``ended``
        self.ended = True


class Browser:
    """Opens pages at one live process."""

    def __init__(self, client: aiohttp.ClientSession, port: int, secrets: dict[str, str]) -> None:
        self._client = client
        self._url = f"http://127.0.0.1:{port}/api/v1/live"
        self._secrets = secrets
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, name: str, last_id: str | None = None) -> Stream:
        headers = {"Cookie": f"uzel_session={self._secrets[name]}"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        return await self.follow(headers)

    async def follow(self, headers: dict[str, str]) -> Stream:
        stream = Stream(await self._client.get(self._url, headers=headers))
        assert stream.response.status == 200
        self._tasks.append(asyncio.create_task(stream.read()))
        await until(lambda: stream.of("hello"))
        return stream

    async def get(self, headers: dict[str, str]) -> int:
        async with self._client.get(self._url, headers=headers) as response:
            return response.status

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def browser(live: LiveProcess, desk: Desk) -> AsyncIterator[Browser]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as client:
        opened = Browser(client, live.port, desk.secrets)
        try:
            yield opened
        finally:
            await opened.close()


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait for ``condition``; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
