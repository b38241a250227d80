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

from uzel.domain.passwords import check_password_choice
from uzel.kernel.config import Config
from uzel.kernel.errors import Conflict, Invalid
from uzel.store import setup as make_models_importable

HERE = Path(__file__).parent
PASSWORD = "uzel-demo"  # noqa: S105 - printed for everybody, in demo mode only


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

    check_exposure(config)
    run(Query("lock_demo", "SELECT pg_advisory_xact_lock(hashtext('uzel demo'))"), {})
    given = read("cast.toml")
    if Organization.objects.filter(name__in=[one["name"] for one in given["organizations"]]).exists():
        replace_public_password(config)
        return False
    if Ticket.objects.exists():
        raise Conflict(
            "There are tickets here already. Load the demo into a new home: UZEL_HOME=/some/folder uzel up --demo",
            "Здесь уже есть обращения. Загрузите пример в новую установку: UZEL_HOME=/какая/папка uzel up --demo",
        )
    player = Player(Cast(given, config, password_of(config)))
    for story in stories():
        player.play(story)
    for story in read("stories_ru.toml")["held"]:
        player.hold(story)
    return True


def check_exposure(config: Config) -> None:
    """Raises Invalid where others could sign in with a password that stands in the documentation."""
    if config.demo_password:
        check_password_choice(config.demo_password, field="demo_password")
    elif not config.is_on_loopback:
        raise Invalid(
            f"Uzel listens on {config.host}, and everybody knows the demo's password. Choose one of your own: "
            "UZEL_DEMO_PASSWORD=… uzel up --demo, or leave UZEL_HOST at 127.0.0.1.",
            f"Узел слушает {config.host}, а пароль примера знают все. Задайте свой: "
            "UZEL_DEMO_PASSWORD=… uzel up --demo, или оставьте UZEL_HOST равным 127.0.0.1.",
            fields={"demo_password": "missing"},
        )


def replace_public_password(config: Config) -> None:
    """Those who still have the public password get the configured one, if there is one."""
    from django.contrib.auth.hashers import check_password, make_password

    from uzel.store.models import Account

    if not config.demo_password:
        return
    accounts = Account.objects.filter(login__in=[login for login, _, _ in sign_ins(russian=False)])
    public = [hashed for hashed in set(accounts.values_list("password", flat=True)) if check_password(PASSWORD, hashed)]
    accounts.filter(password__in=public).update(password=make_password(config.demo_password))


def password_of(config: Config) -> str:
    return config.demo_password or PASSWORD


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
    russian = config.language == "ru"
    table = Table(
        title=("Пароль у всех: " if russian else "Everybody's password: ") + password_of(config), title_justify="left"
    )
    for head in ("Логин", "Имя", "Роль") if russian else ("Login", "Name", "Role"):
        table.add_column(head)
    for row in sign_ins(russian=russian):
        table.add_row(*row)
    return table
