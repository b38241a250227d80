"""The ground that a drill is played on: a throw-away database, the whole of Uzel as real processes, a mailbox."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from uzel.kernel.leash import leashed
from uzel.roles.drill.report import NotAsExpected
from uzel.roles.mailbox import Mailbox
from uzel.store import setup
from uzel.store.postgres import throwaway

STARTS_WITHIN = 60.0  # seconds
STOPS_WITHIN = 15.0
LAST_WORDS = 4000  # characters of the log that are shown when Uzel does not start or stop


class Ground:
    """A running Uzel: where its pages are, where it takes mail, and everybody's mailbox."""

    def __init__(self, home: Path, mailbox: Mailbox) -> None:
        self.home = home
        self.mailbox = mailbox
        self.port, self.smtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, database_url: str) -> None:
        """Make this process, and all that it starts, see the throw-away installation and no other."""
        for name in [name for name in os.environ if name.startswith("UZEL_")]:
            del os.environ[name]
        os.environ |= {
            "DATABASE_URL": database_url,
            "UZEL_HOME": str(self.home),
            "UZEL_PORT": str(self.port),
            "UZEL_SMTP_PORT": str(self.smtp_port),
            "UZEL_LOG_FORMAT": "json",
            "UZEL_WEB_WORKERS": "1",
        }

    def start(self) -> None:
        """``uzel up``, which makes the tables too. Raises NotAsExpected when it does not answer in time."""
        command = leashed([sys.executable, "-m", "uzel", "up"], on_death=signal.SIGTERM)
        with self._log().open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + STARTS_WITHIN
        while not (answers(self.port) and answers(self.smtp_port)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NotAsExpected("`uzel up` answers", "`uzel up` отвечает", self.last_words())
            time.sleep(0.1)
        setup()

    def stop(self) -> None:
        """Raises NotAsExpected when something stays behind; it is killed then."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise NotAsExpected("everything stops", "всё останавливается", self.last_words()) from None
        if answers(self.port) or answers(self.smtp_port):
            raise NotAsExpected("no port stays open", "все порты закрыты", f"{self.port}, {self.smtp_port}")

    def last_words(self) -> str:
        return self._log().read_text(errors="replace")[-LAST_WORDS:]

    def _log(self) -> Path:
        return self.home / "up.log"


@contextmanager
def ground() -> Iterator[Ground]:
    """Nothing of it is left at the end, however it ends."""
    before = dict(os.environ)
    with ExitStack() as stack:
        stack.callback(_restore, before)
        home = Path(tempfile.mkdtemp(prefix="uzel-drill-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        mailbox = stack.enter_context(Mailbox())
        place = Ground(home, mailbox)
        place.prepare(stack.enter_context(throwaway()))
        stack.callback(_close_database)
        stack.callback(place.stop)
        yield place


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


def _close_database() -> None:
    from django.apps import apps
    from django.db import connections

    if not apps.ready:
        return  # it never came so far
    connections.close_all()
    connections["default"].close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
