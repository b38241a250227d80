"""The command ``uzel``. Everything heavy is imported inside the command that needs it: ``uzel --help`` is instant."""

import contextlib
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from uzel.kernel.config import Config, load_config
from uzel.kernel.errors import UzelError

FORWARD = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
LIGHT = {"web", "live"}  # set Django up in their own workers, or do without it
ROLES, CARE, TRIAL = "Roles / Роли", "Care / Обслуживание", "Trials / Проверки"

app = typer.Typer(
    help="Uzel: one person, one problem, one chain. / Один человек, одна проблема, одна цепочка.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # roles' tracebacks go to logs, and local variables hold secrets
)


def main() -> None:
    """What ``uzel`` and ``python -m uzel`` run."""
    named = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    if len(sys.argv) < 2 or sys.argv[1] not in named:
        add_channel_commands()
    try:
        app(prog_name="uzel")
    except UzelError as error:
        Console(stderr=True, highlight=False).print(f"[red]✗[/red] {_told(error)}", soft_wrap=True)
        sys.exit(1)


def add_channel_commands() -> None:
    """Commands that channels bring: a folder with ``cli.py`` offers ``COMMANDS``, names and typer apps."""
    package = importlib.import_module("uzel.channels")
    for found in pkgutil.iter_modules(package.__path__):
        if Path(package.__path__[0], found.name, "cli.py").is_file():
            commands = importlib.import_module(f"{package.__name__}.{found.name}.cli").COMMANDS
            for name, commands_app in commands.items():
                app.add_typer(commands_app, name=name, rich_help_panel="Channels / Каналы")


@app.command(rich_help_panel=ROLES)
def up(demo: Annotated[bool, typer.Option(help="With people and tickets to try it on.")] = False) -> None:
    """Everything on this machine. / Всё на одной машине."""
    from uzel.roles.up import up as run

    if demo:
        os.environ["UZEL_DEMO"] = "1"
    run(load_config())


@app.command(rich_help_panel=ROLES)
def web() -> None:
    """HTTP: API, pages, files. / Веб: API, страницы, файлы."""
    run_role("web")


@app.command(rich_help_panel=ROLES)
def live() -> None:
    """Live events for open pages. / Живые события для открытых страниц."""
    run_role("live")


@app.command(rich_help_panel=ROLES)
def work() -> None:
    """Intake, sending, jobs. / Приём, отправка, задания."""
    run_role("work")


@app.command(rich_help_panel=ROLES)
def connect() -> None:
    """Long connections of channels. / Постоянные соединения каналов."""
    run_role("connect")


@app.command(rich_help_panel=CARE)
def migrate() -> None:
    """Bring the tables up to date. / Обновить таблицы."""
    with database() as (_, url):
        from uzel.store.migrating import migrate as apply

        applied = apply(url)
        from uzel.store.first_run import ensure_defaults

        ensure_defaults()
    if applied:
        typer.echo("\n".join(applied))


@app.command(rich_help_panel=CARE)
def admin(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues know them. / Имя.")] = "",
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="UZEL_ADMIN_PASSWORD")
    ] = "",
) -> None:
    """Make somebody an administrator, or set their password anew. / Назначить администратора."""
    with database() as (_, url):
        from uzel.store.migrating import migrate as apply

        apply(url)
        from uzel.store.first_run import add_administrator, ensure_defaults

        ensure_defaults()
        add_administrator(email, name=name, password=password)
    typer.echo(f"{email}: administrator / администратор")


@app.command(rich_help_panel=CARE)
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """What is wrong here and how to mend it. / Что не так и как исправить."""
    from uzel.roles.doctor import report

    sys.exit(0 if report(load_config(), as_json=as_json) else 1)


@app.command(rich_help_panel=CARE)
def backup() -> None:
    """Dump the database now. / Сохранить копию базы сейчас."""
    with database() as (config, _):
        from uzel.store.postgres.backup import backup as dump

        typer.echo(dump(config))


@app.command(rich_help_panel=CARE)
def restore(dump: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Fill an empty database from a dump. / Восстановить пустую базу из копии."""
    with database() as (config, url):
        from uzel.store.postgres.backup import restore_backup

        restore_backup(config, url, dump)


@app.command("upgrade-database", rich_help_panel=CARE)
def upgrade_database() -> None:
    """To the installed PostgreSQL's major version. / Перейти на установленную версию PostgreSQL."""
    from uzel.store.postgres.upgrade import upgrade

    typer.echo(upgrade(load_config()) or "Nothing to do. / Не требуется.")


@app.command(rich_help_panel=CARE)
def openapi(target: Path = Path("docs/openapi.json")) -> None:
    """Write the API document. / Записать описание API."""
    from uzel.roles.document import write

    write(target)


@app.command(rich_help_panel=TRIAL)
def demo() -> None:
    """Fill with people and tickets to try it on. / Наполнить примерами."""
    run_role("demo")


@app.command(rich_help_panel=TRIAL)
def mailbox() -> None:
    """Take whatever the demo mails out. / Почтовый ящик примера."""
    run_role("mailbox")


@app.command(rich_help_panel=TRIAL, context_settings=FORWARD)
def drill(context: typer.Context) -> None:
    """Break it on purpose and see that nothing is lost. / Учебная тревога."""
    run_app("drill", context.args)


@app.command(rich_help_panel=TRIAL, context_settings=FORWARD)
def bench(context: typer.Context) -> None:
    """Measure it on this machine. / Замеры на этой машине."""
    run_app("bench", context.args)


def run_role(name: str) -> None:
    """One role until it ends, with a database behind it: ours is started if nobody runs it."""
    import logging.config

    from uzel.kernel.logs import logging_config
    from uzel.store import setup

    with database() as (config, _):
        logging.config.dictConfig(logging_config(config))
        if name not in LIGHT:
            setup()
        role = importlib.import_module(f"uzel.roles.{name}")
        role.run(config) if hasattr(role, "run") else role.main()


def run_app(name: str, arguments: list[str]) -> None:
    importlib.import_module(f"uzel.roles.{name}").app(arguments, prog_name=f"uzel {name}")


@contextlib.contextmanager
def database() -> Iterator[tuple[Config, str]]:
    """Configuration and address of a fit database; whatever this process imports or starts finds it in DATABASE_URL."""
    from uzel.store.postgres import running

    with running(load_config()) as url:
        os.environ["DATABASE_URL"] = url
        yield load_config(), url


def _told(error: UzelError) -> str:
    try:
        language = load_config().language
    except UzelError:
        language = "ru"
    return error.ru if language == "ru" else error.en
