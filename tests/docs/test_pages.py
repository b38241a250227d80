"""What the pages name is there: files behind links, commands, tests, numbers of decisions."""

import importlib
import re
from pathlib import Path

import pytest
import typer.main

from tests.docs.pages import ROOT, commands, links, pages
from uzel.roles import cli

IDS = {"argvalues": pages(), "ids": lambda page: str(page.relative_to(ROOT))}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def known_commands() -> dict[str, set[str]]:
    """Every command of ``uzel`` with its own commands, if it has any."""
    cli.add_channel_commands()
    known: dict[str, set[str]] = {}
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        known[name] = set(getattr(command, "commands", ()))
    for name in ("drill", "bench"):
        app = importlib.import_module(f"uzel.roles.{name}").app
        known[name] = set(typer.main.get_command(app).commands)
    return known


KNOWN = known_commands()


def test_there_are_pages() -> None:
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"} <= {page.name for page in pages()}


@pytest.mark.parametrize("page", **IDS)
def test_relative_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", **IDS)
def test_every_command_exists(page: Path) -> None:
    unknown = []
    for program, command, word in commands(page):
        if program == "make":
            known = command in targets()
        else:
            known = command in KNOWN and (not word or not KNOWN[command] or word in KNOWN[command])
        if not known:
            unknown.append(f"{program} {command} {word}".strip())
    assert unknown == []


def test_every_test_that_proves_an_invariant_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert len(named) > 12
    for path, test in named:
        assert f"def {test}" in (ROOT / path).read_text(encoding="utf-8"), (path, test)


def test_every_decision_stands_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for page in sorted(folder.glob("0*.md")):
        lines = page.read_text(encoding="utf-8").splitlines()
        number, title = lines[0].removeprefix("# ").split(". ", 1)
        assert int(page.name[:4]) == int(number)
        assert f"[{number}]({page.name}) | {title} |" in index, page.name
        assert len(lines) <= 40, page.name
