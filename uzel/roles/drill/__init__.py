"""``uzel drill``: plays the stories that Uzel is judged by, against real processes, on a throw-away installation.

What an administrator runs after every change. Nothing of this installation is touched, nothing is left running.
"""

import sys
from typing import Annotated

import typer

from uzel.kernel.config import load_config

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Drills. / Учебные тревоги.")


@app.callback()
def drills() -> None:
    """Play a story and say what held. / Проиграть историю и показать, что выдержало."""


@app.command()
def trip(
    language: Annotated[str, typer.Option(help="ru | en")] = "",
) -> None:
    """One problem by mail, portal and a second address: one ticket, one owner. / Одна проблема — одно обращение."""
    from uzel.roles.drill.trip import play

    sys.exit(0 if play(language or load_config().language) else 1)
