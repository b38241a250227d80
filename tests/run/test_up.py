"""``uzel up``: everything with one command, nothing left when it ends, however it ends."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.run.waiting import until
from uzel.kernel.leash import leashed
from uzel.roles.children import Child
from uzel.roles.up import first_sign_in, free_port

CLEAN_STOP = 10.0  # seconds, promised


class Up:
    """A running ``uzel up`` and everything that it started."""

    def __init__(self, home: Path, port: int) -> None:
        environment = os.environ | {"UZEL_HOME": str(home), "UZEL_PORT": str(port), "UZEL_SMTP_PORT": str(free_port())}
        environment.pop("DATABASE_URL", None)
        self.port = port
        self.log = home.parent / "up.log"
        with self.log.open("w") as log:
            command = leashed([sys.executable, "-m", "uzel", "up"], on_death=signal.SIGTERM)
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)

    def get(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def await_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return self.get("/healthz") == 200

        until(ready, seconds=60)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def new_home(folder: Path) -> Path:
    """Where PostgreSQL's user may come too: pytest's own folders are closed to others."""
    if os.geteuid() == 0:
        for part in (folder, *list(folder.parents)[:2]):
            part.chmod(0o755)
    return folder / "home"


@contextlib.contextmanager
def running_up(home: Path) -> Iterator[Up]:
    running = Up(home, free_port())
    try:
        running.await_ready()
        yield running
    finally:
        family = running.family() if running.process.poll() is None else []
        running.process.kill()
        running.process.wait()
        psutil.wait_procs(family, timeout=30)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with running_up(new_home(tmp_path)) as running:
        yield running


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """For tests that leave it as well as they found it."""
    with running_up(new_home(tmp_path_factory.mktemp("lasting"))) as running:
        yield running


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_within_ten_seconds_and_leaves_no_process(up: Up, sign: signal.Signals) -> None:
    family = up.family()
    assert {"postgres"} <= {process.name() for process in family}

    up.process.send_signal(sign)

    assert up.process.wait(CLEAN_STOP) == 0, up.log.read_text()
    assert not [process for process in family if process.is_running()]
    assert "is killed" not in up.log.read_text()


def test_nothing_is_left_after_it_was_killed(up: Up) -> None:
    family = up.family()

    up.process.kill()
    up.process.wait()

    _, left = psutil.wait_procs(family, timeout=30)
    assert not left


def test_api_and_live_stream_are_behind_one_port(lasting: Up) -> None:
    assert lasting.get("/readyz") == 200
    assert lasting.get("/api/v1/live") == 401
    assert lasting.get("/api/v1/me") == 401


def test_a_role_that_dies_is_back_soon(lasting: Up) -> None:
    (live,) = [process for process in lasting.family() if process.cmdline()[-1:] == ["live"]]

    live.kill()

    until(lambda: lasting.get("/api/v1/live") == 503)
    until(lambda: lasting.get("/api/v1/live") == 401, seconds=60)


def test_the_database_is_started_again_when_it_dies(lasting: Up) -> None:
    (server,) = [process for process in lasting.family() if "-D" in process.cmdline() and process.name() == "postgres"]

    server.kill()

    until(lambda: not server.is_running())
    until(lambda: lasting.get("/readyz") == 200, seconds=60)
    assert any(process.name() == "postgres" for process in lasting.family())


def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        second = Up(new_home(tmp_path), taken.getsockname()[1])
        assert second.process.wait(30) == 1
    assert "UZEL_PORT=" in second.log.read_text()


class Ear:
    """Remembers what roles say."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")

    async def hears(self, part: str) -> None:
        async with asyncio.timeout(30):
            while not any(part in line for line in self.lines):
                await asyncio.sleep(0.02)


@pytest.fixture
def ear() -> Ear:
    return Ear()


def child(code: str, ear: Callable[[str, str], None]) -> Child:
    return Child("role", [sys.executable, "-u", "-c", code], os.environ, ear)


async def test_a_role_that_keeps_dying_is_started_again_ever_more_slowly(ear: Ear) -> None:
    role = child("print('here'); raise SystemExit(3)", ear)
    role.start()

    await ear.hears("ended (exit code 3); starting again in 1 s")
    await role.stop(5)

    assert ear.lines.count("role: here") == 2
    assert "role: ended (exit code 3); starting again in 0.5 s" in ear.lines


async def test_a_role_that_will_not_stop_is_killed_with_its_workers(ear: Ear) -> None:
    code = (
        "import signal, subprocess, time; signal.signal(15, signal.SIG_IGN);"
        "print('worker', subprocess.Popen(['sleep', '300']).pid); time.sleep(300)"
    )
    role = child(code, ear)
    role.start()
    await ear.hears("worker")
    worker = int(ear.lines[0].split()[-1])

    await role.stop(0.2)

    until(lambda: not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)
    assert any("is killed" in line for line in ear.lines)


async def test_a_line_longer_than_any_buffer_does_not_stop_the_log(ear: Ear) -> None:
    role = child("print('x' * 1_000_000); print('after'); import time; time.sleep(300)", ear)
    role.start()

    await ear.hears("role: after")
    await role.stop(5)


def test_the_first_sign_in_is_told_by_the_command_that_finds_this_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UZEL_HOME", str(tmp_path / "our home"))
    monkeypatch.delenv("UZEL_CONFIG", raising=False)
    for russian in (True, False):
        told = first_sign_in(russian=russian).splitlines()[-1]
        assert told.startswith(f"UZEL_HOME='{tmp_path / 'our home'}' ")
        shown = subprocess.run(f"{told} --help", shell=True, capture_output=True, text=True, check=True)
        assert "uzel admin" in shown.stdout
