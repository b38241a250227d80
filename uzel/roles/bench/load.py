"""``uzel bench load``: a database of the size that the promises speak of."""

import time

import psycopg
from psycopg.types.json import Jsonb
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from uzel.roles.bench.place import Place
from uzel.store.bulk import fill

HOOK_TOKEN = "bench"  # noqa: S105 - opens nothing but the bench's own database


def bench_channel(url: str) -> int:
    """The bench's mail channel, made when absent."""
    with psycopg.connect(url) as line:
        found = line.execute("SELECT id FROM channel WHERE name = 'bench'").fetchone()
        if found is None:
            found = line.execute(
                "INSERT INTO channel (kind, name, settings) VALUES ('email', 'bench', %s) RETURNING id",
                [Jsonb({"address": "support@desk.example", "hook_token": HOOK_TOKEN})],
            ).fetchone()
    assert found is not None
    return int(found[0])


def load(place: Place, *, tickets: int, entries: int) -> dict[str, float | int]:
    """Fill the bench's database unless it holds as many already. Seconds of the loading, 0 when nothing was done."""
    with psycopg.connect(place.url) as line:
        row = line.execute("SELECT count(*) FROM ticket WHERE id > 20000").fetchone()
    if row and row[0] >= tickets:
        return {"tickets": row[0], "seconds": 0}
    started = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns) as progress:
        task = progress.add_task("tickets", total=tickets)
        for step in fill(place.superuser_url, tickets=tickets, entries=entries, channel_id=bench_channel(place.url)):
            progress.update(task, completed=step.tickets, description=step.what)
    return {"tickets": tickets, "entries": entries, "seconds": round(time.monotonic() - started, 1)}
