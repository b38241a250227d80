"""``uzel drill trip`` as an administrator runs it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from uzel.roles.drill.report import NotAsExpected, Report, eventually, expect


@pytest.mark.timeout(240)
def test_the_trip_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "uzel", "drill", "trip", "--language", "en"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("✓") == 11, done.stdout
    assert "All of it held" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that were told to live in ``folder``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(str(folder)) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended while we looked
    return found


def told(language: str) -> str:
    words = io.StringIO()
    report = Report(language, Console(file=words, width=200))
    with pytest.raises(NotAsExpected), report.step("It rains", "Идёт дождь"):
        expect(1 == 2, "one is two", "один — это два", [1, 2])
    assert report.failed
    report.end()
    return words.getvalue()


def test_what_fails_says_what_was_expected_and_what_was_found() -> None:
    english = told("en")
    assert "✗ It rains" in english
    assert "expected: one is two" in english
    assert "found: [1, 2]" in english
    assert "Failed" in english
    assert "ожидалось: один — это два" in told("ru")


def test_waiting_ends_with_what_was_missing() -> None:
    tries = iter([None, None, "there"])
    assert eventually(lambda: next(tries), "it comes", "приходит") == "there"
    with pytest.raises(NotAsExpected, match="it comes"):
        eventually(lambda: None, "it comes", "приходит", seconds=0.3)
