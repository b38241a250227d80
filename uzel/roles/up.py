"""``uzel up``: the whole of Uzel on one machine. Database, tables, then the roles, behind one public port."""

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from uzel.kernel.config import Config
from uzel.kernel.errors import Invalid
from uzel.kernel.leash import leashed
from uzel.roles.children import Child
from uzel.roles.front import Front, bind
from uzel.store.migrating import is_current
from uzel.store.postgres import Cluster, check_database, own_cluster

ROLES = {"web": "cyan", "live": "magenta", "work": "green", "connect": "blue"}
PATIENCE = 7.0  # seconds for the roles to stop; the database and the rest of ten are after that
READY_DEADLINE = 60.0
WATCH_EVERY = 1.0

console = Console(highlight=False)


def up(config: Config) -> None:
    """Runs until Ctrl-C or SIGTERM. Raises UzelError for what keeps it from starting."""
    if config.demo:
        from uzel.roles.demo import check_exposure  # with Django behind it; without the demo this process does without

        check_exposure(config)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # before the loop takes over, and after it
    sock = public_socket(config)
    with contextlib.suppress(KeyboardInterrupt), sock, database(config) as (url, cluster):
        environment = os.environ | {"DATABASE_URL": url}
        migrate(url, environment)
        asyncio.run(Supervisor(config, environment, cluster).run(sock))


def public_socket(config: Config) -> socket.socket:
    try:
        return bind(config.host, config.port)
    except OSError as error:
        raise Invalid(
            f"Can't listen on {config.host}:{config.port} ({error.strerror}). Is Uzel running already? "
            f"Otherwise choose another port: UZEL_PORT={config.port + 1} uzel up",
            f"Не удаётся занять {config.host}:{config.port} ({error.strerror}). Возможно, Uzel уже запущен. "
            f"Иначе выберите другой порт: UZEL_PORT={config.port + 1} uzel up",
        ) from error


@contextlib.contextmanager
def database(config: Config) -> Iterator[tuple[str, Cluster | None]]:
    """The address, and our own server if there is one to look after."""
    if config.database_url:
        check_database(config.database_url)
        yield config.database_url, None
        return
    with own_cluster(config) as cluster:
        check_database(cluster.url)
        yield cluster.url, cluster


def migrate(url: str, environment: dict[str, str]) -> None:
    """In a process of its own, and only when something is missing: this process stays small and quick."""
    if is_current(url):
        return
    if subprocess.run(uzel("migrate"), env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Invalid(
            "The tables can't be brought up to date; the reason stands above. `uzel doctor` says more.",
            "Не удалось обновить таблицы; причина — выше. Подробнее: `uzel doctor`.",
        )


def first_sign_in(*, russian: bool) -> str:
    """With the command as it has to be typed here: it must find the same home and the same program."""
    places = [
        f"{name}={shlex.quote(os.environ[name])}" for name in ("UZEL_HOME", "UZEL_CONFIG") if os.environ.get(name)
    ]
    command = " ".join([*places, shlex.join(own_command()), "admin EMAIL"])
    if russian:
        return f"Первый вход: в другом окне создайте администратора, EMAIL — его почта\n{command}"
    return f"First sign-in: in another terminal create an administrator, EMAIL being their address\n{command}"


def own_command() -> list[str]:
    """``uzel`` where the shell would find this very program by that name, else its full path."""
    beside = os.path.join(os.path.dirname(sys.executable), "uzel")
    if shutil.which("uzel") == beside:
        return ["uzel"]
    return [beside] if os.access(beside, os.X_OK) else [sys.executable, "-m", "uzel"]


class Supervisor:
    def __init__(self, config: Config, environment: dict[str, str], cluster: Cluster | None) -> None:
        self.config = config
        self.cluster = cluster
        self.web_port, self.live_port = free_port(), free_port()
        behind_front = {
            "UZEL_HOST": "127.0.0.1",
            "UZEL_PORT": str(self.web_port),
            "UZEL_LIVE_PORT": str(self.live_port),
            "UZEL_PUBLIC_URL": config.address,
            "UZEL_ALLOWED_HOSTS": ",".join(config.hosts),
            "UZEL_TRUSTED_PROXIES": "127.0.0.1",
            "UZEL_LOG_FORMAT": self._log_format(),
            "PYTHONUNBUFFERED": "1",
        }
        self.environment = environment = environment | behind_front
        names = [*ROLES, *(["mailbox"] if config.demo else [])]
        self.children = [Child(name, uzel(name), environment, self.say) for name in names]
        self.stopping = asyncio.Event()

    async def run(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self.stopping.set)
        front = Front(web=("127.0.0.1", self.web_port), live=("127.0.0.1", self.live_port), trusted=self.config.proxies)
        tasks = [loop.create_task(self._open(front, sock)), loop.create_task(self._watch_database())]
        ended = loop.create_task(self.stopping.wait())
        try:
            await first_failure_or(ended, tasks)
        finally:
            self.say("up", "stopping")
            for task in tasks:
                task.cancel()
            await front.close()
            await asyncio.gather(*(child.stop(PATIENCE) for child in self.children))

    async def _open(self, front: Front, sock: socket.socket) -> None:
        """First those who answer people, then the public port, then the rest: two cores load one thing at a time."""
        answering = {"web": self.web_port, "live": self.live_port}
        for child in self.children:
            if child.name in answering:
                child.start()
        deadline = time.monotonic() + READY_DEADLINE
        for name, port in answering.items():
            while not (well := await answers(port)) and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            if not well:
                self.say("up", f"{name} does not answer after {READY_DEADLINE:g} s; what it said stands above")
        await front.open(sock)
        for child in self.children:
            if child.name not in answering:
                child.start()
        self._greet(await self._sign_in_hint())

    async def _sign_in_hint(self) -> str:
        """Loads the demo, if it is wanted and not there; it says who may sign in."""
        if not self.config.demo:
            return first_sign_in(russian=self.config.language == "ru")
        demo = await asyncio.create_subprocess_exec(
            *leashed(uzel("demo"), on_death=signal.SIGTERM),
            env=self.environment,
            stdout=subprocess.PIPE,
        )
        said, _ = await demo.communicate()
        if demo.returncode:
            self.say("up", "the demo could not be loaded; the reason stands above")
        return said.decode().strip("\n")

    async def _watch_database(self) -> None:
        while self.cluster is not None and self.cluster.ours:
            await asyncio.sleep(WATCH_EVERY)
            if self.cluster.failed():
                self.say("database", "ended on its own; starting it again")
                self.cluster.stop()
                self.cluster.start()  # blocks the front: without the database there is nothing to answer

    # -- words --------------------------------------------------------------------------------------------------------

    def say(self, name: str, line: str) -> None:
        mark = Text(f"{name:>8} │ ", style=ROLES.get(name, "yellow"))
        console.print(mark + Text.from_ansi(line), soft_wrap=True)

    def _greet(self, hint: str) -> None:
        stop = "Остановить: Ctrl-C" if self.config.language == "ru" else "Stop: Ctrl-C"
        lines = [Text(self.config.address, style="bold"), Text(), Text(hint), Text(), Text(stop, style="dim")]
        console.print(Panel(Text("\n").join(lines), title="Uzel", expand=False, padding=(1, 3)))

    def _log_format(self) -> str:
        if self.config.log_format != "auto":
            return self.config.log_format
        return "console" if console.is_terminal else "json"


def uzel(command: str) -> list[str]:
    return [sys.executable, "-m", "uzel", command]


async def first_failure_or(ended: asyncio.Task[bool], tasks: list[asyncio.Task[None]]) -> None:
    """Returns when ``ended`` is done; raises what a task raises before that."""
    waiting: set[asyncio.Task[bool] | asyncio.Task[None]] = {ended, *tasks}
    while not ended.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def answers(port: int) -> bool:
    """Whether there is HTTP behind the port. The port alone says little: granian opens it before its workers run."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    try:
        return (await asyncio.wait_for(reader.read(5), 5)) == b"HTTP/"
    except (TimeoutError, ConnectionError):
        return False
    finally:
        writer.close()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
