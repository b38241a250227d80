"""Our own PostgreSQL: a supervised child of whoever starts it first; later ones of the same home attach.

No TCP, a socket in a private folder, passwords always (scram). It dies with its starter, by a clean fast shutdown.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
import psycopg
from psycopg import sql

from uzel.kernel.leash import leashed
from uzel.store.postgres.binaries import Binaries
from uzel.store.postgres.layout import OWNER, SUPERUSER, Layout
from uzel.store.postgres.osuser import OsUser
from uzel.store.postgres.problems import DatabaseUnusable
from uzel.store.postgres.tuning import Settings

POLL = 0.02  # seconds
START_DEADLINE = 300.0  # recovery after a power cut replays up to max_wal_size
ORPHAN_DEADLINE = 60.0
STOP_DEADLINE = 60.0
LOG_LIMIT = 10 * 1024 * 1024


class Cluster:
    """One data folder. ``start`` makes it where it is missing; ``stop`` stops it if this process started it."""

    def __init__(
        self, layout: Layout, binaries: Binaries, user: OsUser, *, settings: Settings, durable: bool = True
    ) -> None:
        self.layout = layout
        self.binaries = binaries
        self.user = user
        self.settings = settings
        self.durable = durable
        self._lock: IO[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.layout.url(OWNER)

    @property
    def ours(self) -> bool:
        """Whether this process runs the server (and not another one that we attached to)."""
        return self._server is not None

    @property
    def pid(self) -> int | None:
        """The server's process; None when another process runs it."""
        return self._server.pid if self._server else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Ready for connections when it returns. Raises DatabaseUnusable with the end of the server's log."""
        self.layout.make_lock(self.user)
        if not self._lock_or_attach():
            return
        try:
            self.layout.make(self.user)
            self._await_orphan()
            self._initialise()
            self._check_major()
            self._launch()
            self._await_ready()
            self._create_owner()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown: running statements are cancelled, nothing committed is lost."""
        if self._server is not None:
            for how, patience in ((signal.SIGINT, STOP_DEADLINE), (signal.SIGQUIT, 10.0), (signal.SIGKILL, None)):
                self._server.send_signal(how)
                try:
                    self._server.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self._server = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def failed(self) -> bool:
        """Whether the server we started has ended on its own."""
        return self._server is not None and self._server.poll() is not None

    # -- starting, step by step ---------------------------------------------------------------------------------------

    def _lock_or_attach(self) -> bool:
        """True: the lock is ours. False: another process holds it and its server answers.

        Seen twice, a moment apart: a holder that is just being killed still has its lock and a server that answers.
        """
        deadline = time.monotonic() + START_DEADLINE
        seen = False
        while time.monotonic() < deadline:
            lock = self.layout.lock.open("rb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
            else:
                self._lock = lock
                return True
            answers = self._answers()
            if answers and seen:
                return False
            seen = answers
            time.sleep(POLL)
        raise DatabaseUnusable(
            f"Another Uzel holds {self.layout.lock} but its database does not answer. Stop it and start again.",
            f"Другой Uzel удерживает {self.layout.lock}, но его база не отвечает. Остановите его и запустите снова.",
        )

    def _answers(self) -> bool:
        if not self.layout.password_file(OWNER).exists():
            return False
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _await_orphan(self) -> None:
        """Wait out a server whose starter was killed; forget a pid that is another program's by now.

        PostgreSQL itself refuses to start while that pid lives, whoever it is (a restarted container).
        """
        file = self.layout.data / "postmaster.pid"
        deadline = time.monotonic() + ORPHAN_DEADLINE
        while (orphan := self._postmaster(file)) is not None:
            if time.monotonic() > deadline:
                raise DatabaseUnusable(
                    f"A PostgreSQL server that nobody looks after (pid {orphan.pid}) does not stop. "
                    f"Stop it: kill -INT {orphan.pid}",
                    f"Оставшийся без присмотра сервер PostgreSQL (pid {orphan.pid}) не останавливается. "
                    f"Остановите его: kill -INT {orphan.pid}",
                )
            orphan.send_signal(signal.SIGINT)
            time.sleep(0.1)
        file.unlink(missing_ok=True)

    def _postmaster(self, file: Path) -> psutil.Process | None:
        try:
            process = psutil.Process(int(file.read_text().split("\n", 1)[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and Path(process.cwd()) == self.layout.data.resolve() else None
        except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _initialise(self) -> None:
        """Made aside and renamed when complete: a half-made folder is never taken for a database."""
        if (self.layout.data / "PG_VERSION").exists():
            return
        draft = self.layout.base / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        command = [self.binaries.program("initdb"), "-D", str(draft), "--username", SUPERUSER, "--encoding", "UTF8"]
        command += ["--auth", "scram-sha-256", "--pwfile", str(self.layout.password_file(SUPERUSER))]
        command += ["--data-checksums", "--no-instructions", *locale_options(self.binaries.major)]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            leashed(command, on_death=signal.SIGTERM, **self._identity),
            env=clean_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise DatabaseUnusable(
                f"The database can't be made in {self.layout.base}: {made.stderr.strip()}",
                f"Не удалось создать базу в {self.layout.base}: {made.stderr.strip()}",
            )
        draft.rename(self.layout.data)

    def _check_major(self) -> None:
        found = int((self.layout.data / "PG_VERSION").read_text())
        if found != self.binaries.major:
            raise other_major(self.layout.data, found=found, have=self.binaries)

    def _launch(self) -> None:
        must: Settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.layout.socket}"',
            "unix_socket_permissions": "0700",
            "port": 5432,
        }
        command = [self.binaries.program("postgres"), "-D", str(self.layout.data)]
        for name, value in (self.settings | must).items():
            command += ["-c", f"{name}={value}"]
        if self.layout.log.stat().st_size > LOG_LIMIT:
            self.layout.log.replace(self.layout.log.with_suffix(".log.1"))
            self.layout.log.touch(mode=0o600)
        with self.layout.log.open("ab") as log:
            self._server = subprocess.Popen(
                leashed(command, on_death=signal.SIGINT, **self._identity),
                env=clean_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us, not it: the roles stop first
            )

    @property
    def _identity(self) -> dict[str, int]:
        return {"uid": self.user.uid, "gid": self.user.gid} if self.user.other else {}

    def _await_ready(self) -> None:
        file = self.layout.data / "postmaster.pid"
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline and not self.failed():
            lines = file.read_text().split("\n") if file.exists() else []
            if len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.pid):
                return
            time.sleep(POLL)
        end = "\n".join(self.layout.log.read_text(errors="replace").splitlines()[-8:])
        raise DatabaseUnusable(
            f"PostgreSQL did not start. The end of {self.layout.log}:\n{end}",
            f"PostgreSQL не запустился. Конец {self.layout.log}:\n{end}",
        )

    def _create_owner(self) -> None:
        """The role and the database that Uzel works with. The superuser's password is used nowhere else."""
        with psycopg.connect(self.layout.url("postgres", role=SUPERUSER), autocommit=True) as connection:
            found = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone()
            if found == (0,):
                password = self.layout.password_file(OWNER).read_text(encoding="ascii").strip()
                statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(OWNER), sql.Literal(password)))
            found = connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [OWNER]).fetchone()
            if found == (0,):
                connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(OWNER)))


def locale_options(major: int) -> list[str]:
    """Never from the environment: under LC_ALL=C lower() and trigrams are silently blind to Cyrillic."""
    ctype = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    options = ["--lc-collate=C", f"--lc-ctype={ctype}", "--lc-messages=C"]
    options += ["--lc-monetary=C", "--lc-numeric=C", "--lc-time=C"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *options] if major >= 17 else options


def clean_environment() -> dict[str, str]:
    """Nothing of ours: no PGDATA, no LC_ALL, no LD_PRELOAD, no secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC"}


def other_major(data: Path, *, found: int, have: Binaries) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"The database in {data} was made by PostgreSQL {found}, but {have.version} is installed. "
        f"Run `uzel upgrade-database`: it needs the programs of PostgreSQL {found} (package postgresql-{found}).",
        f"База в {data} создана PostgreSQL {found}, а установлен {have.version}. "
        f"Выполните `uzel upgrade-database`: нужны программы PostgreSQL {found} (пакет postgresql-{found}).",
    )
