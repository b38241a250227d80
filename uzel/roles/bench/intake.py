"""Intake: stored deliveries to committed entries, by worker processes, beside a bare loop writing the same rows."""

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import psycopg

from uzel.roles.bench.mails import make_mail
from uzel.roles.bench.meter import Meter
from uzel.roles.bench.place import Place
from uzel.store.bulk import PEOPLE_SHARE

WORKERS = 2

Share = tuple[int, int]  # mails of one worker, and which worker


def bench_intake(place: Place, *, mails: int, channel_id: int, seed: int) -> dict[str, Any]:
    """Store ``mails`` deliveries, take them in with two workers, then write the same rows bare.

    Gives mails per second, CPU milliseconds per mail of the application and of PostgreSQL, and the ratio.
    """
    with psycopg.connect(place.url) as line:
        row = line.execute("SELECT count(*) FROM ticket WHERE id > 20000").fetchone()
        tickets = int(row[0]) if row else 0
    people = max(tickets // PEOPLE_SHARE, 1)
    raw = [make_mail(number, people=people, tickets=tickets, seed=seed) for number in range(mails)]
    _store(place.url, channel_id, raw, seed)
    ours = _measure(place, _worker, mails)
    _check(place.url, channel_id, mails, seed)
    bare = _measure(place, bare_worker, mails)
    return {
        "tickets_before": tickets,
        "mails": mails,
        "per_second": ours["per_second"],
        "app_cpu_ms_per_mail": ours["app_cpu_ms"],
        "postgres_cpu_ms_per_mail": ours["postgres_cpu_ms"],
        "bare_per_second": bare["per_second"],
        "share_of_bare": round(ours["per_second"] / bare["per_second"], 3),
    }


def _store(url: str, channel_id: int, raw: list[bytes], seed: int) -> None:
    with psycopg.connect(url) as line, line.cursor() as cursor:
        copy = "COPY delivery (channel_id, external_id, body, size) FROM STDIN WITH (FORMAT BINARY)"
        with cursor.copy(copy) as rows:
            rows.set_types(["int8", "text", "bytea", "int8"])
            for number, body in enumerate(raw):
                rows.write_row((channel_id, f"bench-{seed}-{number}", body, len(body)))


def _measure(place: Place, work: Callable[[str, Share, Any], None], mails: int) -> dict[str, float]:
    """Run ``work`` in two processes, started before the clock so that imports are not counted."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(WORKERS + 1)
    workers = [context.Process(target=work, args=(place.url, (mails // WORKERS, n), gate)) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    gate.wait()
    meters = Meter([worker.pid for worker in workers if worker.pid]), Meter([place.cluster.pid or 0])
    gate.wait()  # all work done, processes still alive to be read
    wall, app, postgres = meters[0].wall, meters[0].cpu, meters[1].cpu
    gate.wait()
    for worker in workers:
        worker.join()
    return {
        "per_second": round(mails / wall, 1),
        "app_cpu_ms": round(app * 1000 / mails, 2),
        "postgres_cpu_ms": round(postgres * 1000 / mails, 2),
    }


def _worker(url: str, share: Share, gate: Any) -> None:
    os.environ["DATABASE_URL"] = url
    from uzel.store import setup

    setup()
    from uzel.pipeline.intake import take_in_batch
    from uzel.store.catalogue import catalogue

    catalogue()
    gate.wait()
    while take_in_batch(50):
        pass
    gate.wait()
    gate.wait()


def _check(url: str, channel_id: int, mails: int, seed: int) -> None:
    """A bench of a broken product is worth nothing: every mail must stand as one entry."""
    with psycopg.connect(url) as line:
        row = line.execute(
            "SELECT count(DISTINCT entry_id), count(*) FROM delivery WHERE channel_id = %s AND external_id LIKE %s"
            " AND state = 'done' AND entry_id IS NOT NULL",
            [channel_id, f"bench-{seed}-%"],
        ).fetchone()
    if row != (mails, mails):
        raise SystemExit(f"intake is wrong: {mails} mails, {row} (entries, settled deliveries)")


def bare_worker(url: str, share: Share, gate: Any) -> None:
    """What is left when only the rows are written: one transaction a mail, prepared statements, no reading."""
    import hashlib
    import secrets
    import tempfile
    from pathlib import Path

    text = "Добрый день, коллеги! С утра не открывается 1С:Бухгалтерия на рабочем месте. " * 12
    with psycopg.connect(url) as line, tempfile.TemporaryDirectory(dir=os.environ["UZEL_HOME"]) as folder:
        line.prepare_threshold = 0
        found = line.execute(
            "SELECT id, channel_id FROM delivery ORDER BY id DESC LIMIT %s OFFSET %s", [share[0], share[0] * share[1]]
        ).fetchall()
        gate.wait()
        for number, delivery in enumerate(found):
            _write_bare(line, text, secrets.token_hex(12), delivery)
            if number % 10 == 9:
                content = secrets.token_bytes(100_000)
                path = Path(folder, hashlib.sha256(content).hexdigest())
                with path.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            line.commit()
        gate.wait()
        gate.wait()


def _write_bare(line: psycopg.Connection, text: str, key: str, delivery: tuple[int, int]) -> None:
    number, channel = delivery
    ticket = line.execute(
        "INSERT INTO ticket (subject, requester_id, first_channel, channels, preview, digest, entry_count)"
        " VALUES (%s, 1, 'email', '{email}', %s, %s, 2) RETURNING id",
        ["Не открывается 1С", text[:160], text[:900]],
    ).fetchone()
    assert ticket is not None
    thread = line.execute(
        "INSERT INTO thread (channel_id, ticket_id, person_id) VALUES (%s, %s, 1) RETURNING id", [channel, ticket[0]]
    ).fetchone()
    assert thread is not None
    entry = 0
    for direction in ("in", "out"):
        row = line.execute(
            "INSERT INTO entry (ticket_id, thread_id, kind, direction, channel_id, channel_kind, subject, text, html)"
            " VALUES (%s, %s, 'message', %s, %s, 'email', 'Не открывается 1С', %s, %s) RETURNING id",
            [ticket[0], thread[0], direction, channel, text, text if direction == "in" else ""],
        ).fetchone()
        assert row is not None
        entry = row[0]
        line.execute(
            "INSERT INTO \"join\" (entry_id, ticket_id, verdict, score) VALUES (%s, %s, 'new', 100)", [entry, ticket[0]]
        )
    line.execute("INSERT INTO thread_key (key, entry_id) VALUES (%s, %s)", [f"m:{key}", entry])
    line.execute(
        "INSERT INTO dispatch (entry_id, channel_id, to_value, state) VALUES (%s, %s, 'user@org.example', 'cancelled')",
        [entry, channel],
    )
    line.execute("INSERT INTO live_event (kind, ticket_id) VALUES ('entry', %s)", [ticket[0]])
    line.execute("UPDATE delivery SET outcome = 'bare', handled_at = now() WHERE id = %s", [number])
