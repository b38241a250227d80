"""``uzel demo``: a small believable service desk to try everything on, in Russian and English.

Two organisations, six agents in four teams (one closed to the others), some forty tickets from minutes to days old.
Loaded once, into an empty installation only, in one transaction.
"""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction
from rich.console import Console
from rich.table import Table

from uzel.kernel.config import Config
from uzel.kernel.errors import Conflict
from uzel.store import setup as make_models_importable

HERE = Path(__file__).parent


def run(config: Config) -> None:
    """Load the demo unless it is there, and print who can sign in."""
    make_models_importable()
    load(config)
    Console().print(sign_in_table(config))


@transaction.atomic
def load(config: Config) -> bool:
    """Fill an empty installation; False when the demo is there already. Raises Conflict where real tickets are."""
    from uzel.roles.demo.cast import Cast
    from uzel.roles.demo.play import Player
    from uzel.store.models import Organization, Ticket
    from uzel.store.sql import Query, run

    run(Query("lock_demo", "SELECT pg_advisory_xact_lock(hashtext('uzel demo'))"), {})
    given = read("cast.toml")
    if Organization.objects.filter(name__in=[one["name"] for one in given["organizations"]]).exists():
        return False
    if Ticket.objects.exists():
        raise Conflict(
            "There are tickets here already. Load the demo into a new home: UZEL_HOME=/some/folder uzel up --demo",
            "Здесь уже есть обращения. Загрузите пример в новую установку: UZEL_HOME=/какая/папка uzel up --demo",
        )
    player = Player(Cast(given, config))
    for story in stories():
        player.play(story)
    for story in read("stories_ru.toml")["held"]:
        player.hold(story)
    return True


def stories() -> list[dict[str, Any]]:
    """All of them, the oldest first, so that numbers grow with time."""
    from uzel.roles.demo.clock import span

    told = [story for language in ("ru", "en") for story in read(f"stories_{language}.toml")["stories"]]
    return sorted(told, key=lambda story: span(story["ago"]), reverse=True)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


ROLES = {
    "administrator": ("administrator", "администратор"),
    "lead": ("lead", "руководитель"),
    "agent": ("agent", "специалист"),
    "requester": ("requester", "пользователь"),
}


def sign_ins(*, russian: bool) -> list[tuple[str, str, str]]:
    """(login, name, role) of those who may sign in."""
    people = [one for one in read("cast.toml")["people"] if "login" in one]
    return [(one["login"], one["name"], ROLES[one.get("role", "requester")][russian]) for one in people]


def sign_in_table(config: Config) -> Table:
    from uzel.roles.demo.cast import PASSWORD

    russian = config.language == "ru"
    table = Table(title=("Пароль у всех: " if russian else "Everybody's password: ") + PASSWORD, title_justify="left")
    for head in ("Логин", "Имя", "Роль") if russian else ("Login", "Name", "Role"):
        table.add_column(head)
    for row in sign_ins(russian=russian):
        table.add_row(*row)
    return table


def sign_in_lines(*, russian: bool) -> list[str]:
    """For the panel of ``uzel up --demo``."""
    from uzel.roles.demo.cast import PASSWORD

    lines = [f"{login:<8} {name} — {role}" for login, name, role in sign_ins(russian=russian)]
    return [("Пароль у всех: " if russian else "Everybody's password: ") + PASSWORD, "", *lines, ""]
