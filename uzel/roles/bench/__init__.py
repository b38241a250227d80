"""``uzel bench``: what Uzel promises about speed, measured on this machine and printed as JSON.

Figures are CPU milliseconds and ratios taken in one run, because wall-clock times of a busy machine say little.
"""

import json
import os
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Mails = Annotated[int, typer.Option(help="How many mails to take in.")]


def _print(name: str, figures: dict[str, Any]) -> None:
    load = round(os.getloadavg()[0], 2)
    typer.echo(json.dumps({"bench": name, "load_average": load, **figures}, ensure_ascii=False, indent=2))


@app.command()
def load(
    tickets: Annotated[int, typer.Option(help="Tickets to load.")] = 1_000_000,
    entries: Annotated[int, typer.Option(help="Entries to load.")] = 3_000_000,
) -> None:
    """Fill the bench's own database. / Наполнить отдельную базу для замеров."""
    from uzel.roles.bench.load import load as fill
    from uzel.roles.bench.place import bench_place

    with bench_place() as place:
        _print("load", fill(place, tickets=tickets, entries=entries))


@app.command()
def intake(mails: Mails = 4000) -> None:
    """Stored deliveries to entries, two workers. / Приём писем двумя обработчиками."""
    from uzel.roles.bench.intake import bench_intake
    from uzel.roles.bench.load import bench_channel
    from uzel.roles.bench.place import bench_place

    with bench_place() as place:
        _print("intake", bench_intake(place, mails=mails, channel_id=bench_channel(place.url), seed=os.getpid()))


@app.command()
def http(only: Annotated[str, typer.Option(help="Only this case: list, ticket or webhook.")] = "") -> None:
    """List, ticket page, webhook beside a bare server. / Список, обращение, вебхук рядом с голым сервером."""
    from uzel.roles.bench.http import bench_http
    from uzel.roles.bench.load import bench_channel
    from uzel.roles.bench.place import bench_place

    with bench_place() as place:
        _print("http", bench_http(place, channel_id=bench_channel(place.url), only=only))


@app.command()
def live(
    streams: Annotated[int, typer.Option(help="Open streams.")] = 500,
    agents: Annotated[int, typer.Option(help="How many of them are agents, who see everything.")] = 50,
) -> None:
    """Mail accepted by SMTP to event in open pages. / От приёма письма до события на открытых страницах."""
    from uzel.roles.bench.live import bench_live
    from uzel.roles.bench.place import bench_place

    with bench_place() as place:
        _print("live", bench_live(place, streams=streams, agents=agents))


@app.command()
def memory() -> None:
    """What all roles together take when nothing happens. / Память всех ролей в покое."""
    from uzel.roles.bench.memory import bench_memory
    from uzel.roles.bench.place import bench_place

    with bench_place() as place:
        _print("memory", bench_memory(place))


@app.command("all")
def all_() -> None:
    """Everything, on a million tickets. / Всё подряд, на миллионе обращений."""
    load(1_000_000, 3_000_000)
    intake(4000)
    http("")
    live(500, 50)
    memory()
