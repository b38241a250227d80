"""A backup is worth what can be restored from it."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from uzel.store.postgres import throwaway

NOTE = "CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')"


def uzel(url: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"DATABASE_URL": url, "UZEL_HOME": str(home)}
    command = [sys.executable, "-m", "uzel", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_backup_fills_an_empty_database_and_never_one_that_is_in_use(home: Path) -> None:
    with throwaway() as lost:
        with psycopg.connect(lost) as connection:
            connection.execute(NOTE)
        dump = uzel(lost, home, "backup").stdout.strip()

    with throwaway() as fresh:
        restored = uzel(fresh, home, "restore", dump)
        assert restored.returncode == 0, restored.stderr
        with psycopg.connect(fresh) as connection:
            assert connection.execute("SELECT text FROM note").fetchone() == ("kept",)

        again = uzel(fresh, home, "restore", dump)
        assert again.returncode == 1
        assert "UZEL_HOME" in again.stderr
