"""Saying step by step what held and what did not, in the reader's language."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

T = TypeVar("T")
POLL = 0.1  # seconds


class NotAsExpected(Exception):
    """A step of the story went another way. Its words are for people, in both languages."""

    def __init__(self, en: str, ru: str, found: object) -> None:
        super().__init__(en)
        self.en, self.ru, self.found = en, ru, found


class Report:
    """Collects the steps of one drill; the first that fails ends it."""

    def __init__(self, language: str, console: Console | None = None) -> None:
        self._russian = language != "en"
        self._console = console or Console(highlight=False)
        self._began = time.monotonic()
        self.failed = False

    def words(self, en: str, ru: str) -> str:
        return ru if self._russian else en

    @contextmanager
    def step(self, en: str, ru: str) -> Iterator[None]:
        """Raises NotAsExpected again after it was told."""
        name = escape(self.words(en, ru))
        began = time.monotonic()
        with self._console.status(name):
            try:
                yield
            except NotAsExpected as problem:
                self.failed = True
                self._console.print(f"[red]✗[/red] {name}", soft_wrap=True)
                self._line("expected", "ожидалось", self.words(problem.en, problem.ru))
                self._line("found", "на деле", str(problem.found))
                raise
        self._console.print(f"[green]✓[/green] {name} [dim]{time.monotonic() - began:.1f} s[/dim]", soft_wrap=True)

    def title(self, en: str, ru: str) -> None:
        self._console.print(f"[bold]{escape(self.words(en, ru))}[/bold]")

    def end(self) -> None:
        seconds = f"{time.monotonic() - self._began:.0f}"
        if self.failed:
            self._console.print(f"[red]{self.words('Failed', 'Не выдержало')}[/red], {seconds} s")
        else:
            self._console.print(f"[green]{self.words('All of it held', 'Всё выдержало')}[/green], {seconds} s")

    def _line(self, en: str, ru: str, text: str) -> None:
        self._console.print(f"    {self.words(en, ru)}: {escape(text)}", soft_wrap=True)


def expect(holds: object, en: str, ru: str, found: object) -> None:
    """Raises NotAsExpected unless ``holds``."""
    if not holds:
        raise NotAsExpected(en, ru, found)


def eventually(look: Callable[[], T | None], en: str, ru: str, *, seconds: float = 20.0) -> T:
    """What ``look`` gives as soon as it gives something. Raises NotAsExpected when it does not in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotAsExpected(en, ru, f"— ({seconds:.0f} s)")
        time.sleep(POLL)
