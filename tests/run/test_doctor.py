"""What the doctor says of a healthy installation and of a port that somebody else has."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from uzel.roles.up import free_port
from uzel.store.postgres import throwaway


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with throwaway() as url:
        subprocess.run([sys.executable, "-m", "uzel", "migrate"], env=os.environ | {"DATABASE_URL": url}, check=True)
        yield url


def examine(database: str, home: Path, **settings: int) -> tuple[int, dict[str, Any]]:
    """The exit code, and each finding by its words in English."""
    environment = {name: str(value) for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "uzel", "doctor", "--json"],
        env=os.environ | {"DATABASE_URL": database, "UZEL_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, {one["what_en"]: one for one in findings}


def test_everything_that_is_well_is_said_to_be(database: str, tmp_path: Path) -> None:
    port = free_port()
    _, found = examine(database, tmp_path, UZEL_PORT=free_port(), UZEL_SMTP_PORT=port)
    assert found["Tables are up to date"]["ok"]
    assert found[f"SMTP port 127.0.0.1:{port}"]["ok"]
    assert [what for what, one in found.items() if not one["ok"] and not what.startswith("Pages")] == []


def test_a_mail_port_that_somebody_else_has_is_named_with_its_setting(database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        threading.Thread(target=greet, args=(other, b"220 mail.example ESMTP Postfix\r\n"), daemon=True).start()
        code, found = examine(database, tmp_path, UZEL_PORT=free_port(), UZEL_SMTP_PORT=port)
    finding = found[f"SMTP port 127.0.0.1:{port}"]
    assert code == 1
    assert not finding["ok"]
    assert "UZEL_SMTP_PORT" in finding["hint_ru"]


def test_a_mail_port_of_an_uzel_that_runs_is_well(database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as running:
        port = running.getsockname()[1]
        threading.Thread(target=greet, args=(running, b"220 desk Uzel\r\n"), daemon=True).start()
        _, found = examine(database, tmp_path, UZEL_PORT=free_port(), UZEL_SMTP_PORT=port)
    assert found[f"SMTP port 127.0.0.1:{port}"]["ok"]


def greet(server: socket.socket, words: bytes) -> None:
    visitor, _ = server.accept()
    with visitor:
        visitor.sendall(words)
