"""From «250 accepted» of the SMTP listener to the event in an open page: the whole way, with real roles."""

import asyncio
import secrets
import statistics
import time
from email.message import EmailMessage
from typing import Any

import msgspec
import psycopg

from uzel.roles.bench.load import bench_channel
from uzel.roles.bench.place import Place
from uzel.roles.bench.roles import Roles, running_roles

RATE = 50  # mails a second
SECONDS = 20
LINES = 4  # SMTP connections
HEAD = "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: uzel_session={secret}\r\n\r\n"


class Heard:
    """Which event came to which stream, when."""

    def __init__(self) -> None:
        self.accepted: dict[str, float] = {}
        self.events: list[tuple[int, float]] = []
        self.open = 0


def bench_live(place: Place, *, streams: int, agents: int) -> dict[str, Any]:
    """Milliseconds from acceptance to every stream that may know: p50, p95. The rest of the streams are requesters,
    each of whom hears of their own tickets only."""
    bench_channel(place.url)
    sign_ins = _sessions(place.url, streams, agents)
    with running_roles("live", "work", "connect") as roles:
        heard = asyncio.run(_play(roles, sign_ins))
    return _figures(place, heard, streams, agents)


def _sessions(url: str, streams: int, agents: int) -> list[str]:
    from uzel.store.access import secret_hash

    found = [secrets.token_urlsafe(32) for _ in range(streams)]
    people = [1 + n if n < agents else 1000 + n for n in range(streams)]
    with psycopg.connect(url) as line, line.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO session (token_hash, person_id, expires_at) VALUES (%s, %s, now() + interval '1 hour')",
            [(secret_hash(secret), person) for secret, person in zip(found, people, strict=True)],
        )
    return found


async def _play(roles: Roles, sign_ins: list[str]) -> Heard:
    heard = Heard()
    await _await_port(roles.live_port)
    await _await_port(roles.smtp_port)
    readers = [asyncio.create_task(_listen(roles.live_port, secret, heard)) for secret in sign_ins]
    deadline = time.monotonic() + 60
    while heard.open < len(sign_ins):
        if time.monotonic() > deadline:
            raise SystemExit(f"only {heard.open} of {len(sign_ins)} streams opened")
        await asyncio.sleep(0.1)
    await asyncio.gather(*(_send(roles.smtp_port, line, heard) for line in range(LINES)))
    await asyncio.sleep(3)
    for reader in readers:
        reader.cancel()
    return heard


async def _await_port(port: int) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"nothing answers on port {port}; see bench-*.log in the bench's home")


async def _listen(port: int, secret: str, heard: Heard) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.format(port=port, secret=secret).encode())
    hello = False
    while line := await reader.readline():
        if line.startswith(b"event: hello"):
            hello = True
            heard.open += 1
        elif hello and line.startswith(b"data:"):
            now = time.monotonic()
            entry = msgspec.json.decode(line[5:]).get("entry_id")
            if entry:
                heard.events.append((entry, now))


async def _send(port: int, line: int, heard: Heard) -> None:
    """One SMTP connection that keeps its share of the pace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    await _say(reader, writer, "EHLO bench.example")
    started = time.monotonic()
    for number in range(RATE * SECONDS // LINES):
        await asyncio.sleep(max(0.0, started + number * LINES / RATE - time.monotonic()))
        key = f"<live-{secrets.token_hex(8)}@org.example>"
        mail = EmailMessage()
        person = 2000 + line * 1000 + number
        mail["From"] = f"Сотрудник {person} <user{person}@org{1 + person % 100}.example>"
        mail["To"], mail["Subject"], mail["Message-ID"] = "support@desk.example", f"Сбой {number}", key
        mail.set_content("С утра не открывается 1С, помогите, пожалуйста.", cte="8bit")
        await _say(reader, writer, f"MAIL FROM:<user{person}@org{1 + person % 100}.example>")
        await _say(reader, writer, "RCPT TO:<support@desk.example>")
        await _say(reader, writer, "DATA")
        writer.write(mail.as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        answer = await reader.readline()
        if not answer.startswith(b"250"):
            raise SystemExit(f"mail refused: {answer!r}")
        heard.accepted[key] = time.monotonic()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str) -> None:
    writer.write(f"{command}\r\n".encode())
    while True:
        answer = await reader.readline()
        if answer[:1] not in b"23":
            raise SystemExit(f"{command}: {answer!r}")
        if answer[3:4] != b"-":
            return


def _figures(place: Place, heard: Heard, streams: int, agents: int) -> dict[str, Any]:
    with psycopg.connect(place.url) as line:
        rows = line.execute(
            "SELECT id, external_id FROM entry WHERE id = ANY(%s)", [list({entry for entry, _ in heard.events})]
        ).fetchall()
    keys = {number: f"<{key.strip('<>')}>" for number, key in rows}
    waits = [
        (at - heard.accepted[keys[entry]]) * 1000 for entry, at in heard.events if keys.get(entry) in heard.accepted
    ]
    reached = len({keys.get(entry) for entry, _ in heard.events} & heard.accepted.keys())
    if reached < len(heard.accepted):
        raise SystemExit(f"{len(heard.accepted)} mails accepted, events of {reached} heard")
    p95 = statistics.quantiles(waits, n=20)[-1]
    return {
        "streams": streams,
        "agents": agents,
        "mails_per_second": RATE,
        "mails": len(heard.accepted),
        "events_heard": len(waits),
        "p50_ms": round(statistics.median(waits), 1),
        "p95_ms": round(p95, 1),
        "promised_p95_ms": 150,
        "met": p95 <= 150,
    }
