"""Our own PostgreSQL: starts anywhere, sees Cyrillic, dies with its starter, loses nothing."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.run.waiting import until
from uzel.kernel.config import Config, load_config
from uzel.store.postgres import DatabaseUnusable, check_database, create_database, own_cluster, running
from uzel.store.postgres.backup import KEPT, backup
from uzel.store.postgres.binaries import find_major
from uzel.store.postgres.layout import LONGEST_FOLDER, Layout
from uzel.store.postgres.upgrade import upgrade

HOLD = """
import sys, time
from uzel.kernel.config import load_config
from uzel.store.postgres import own_cluster
cluster = own_cluster(load_config())
cluster.start()
print(cluster.pid, cluster.ours, flush=True)
sys.stdin.read()
cluster.stop()
"""
Starter = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where PostgreSQL's user may come too: pytest's own folders are closed to others."""
    if os.geteuid() == 0:
        shared = Path(tempfile.gettempdir())
        for folder in takewhile(lambda one: one not in (shared, Path("/")), (tmp_path, *tmp_path.parents)):
            folder.chmod(0o755)
    return tmp_path / "home"


@pytest.fixture
def config(home: Path) -> Config:
    return load_config({"UZEL_HOME": str(home), "PG_BIN": os.environ.get("PG_BIN", "")})


@pytest.fixture
def start(home: Path) -> Iterator[Starter]:
    """Start a process that holds the home's PostgreSQL until its input ends."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {"UZEL_HOME": str(home)}
    environment.pop("DATABASE_URL", None)

    def begin() -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", HOLD]
        started.append(subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def said(process: "subprocess.Popen[str]") -> tuple[int | None, bool]:
    assert process.stdout is not None
    pid, ours = process.stdout.readline().split()
    return (None if pid == "None" else int(pid)), ours == "True"


def keep_note(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS word")


def read_note(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT word FROM note").fetchone()
    assert row is not None
    return str(row[0])


def test_what_was_stored_is_there_after_a_restart(config: Config) -> None:
    with running(config) as url:
        keep_note(url)
    with running(config) as url:
        assert read_note(url) == "kept"


def test_nothing_listens_on_the_network_and_strangers_can_not_reach_the_socket(config: Config) -> None:
    with own_cluster(config) as cluster, psycopg.connect(cluster.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        for folder in (cluster.layout.socket, cluster.layout.base, cluster.layout.data):
            assert folder.stat().st_mode & 0o077 == 0
        assert psutil.Process(cluster.pid).uids().effective != 0


def test_a_wrong_password_is_refused(config: Config) -> None:
    with own_cluster(config) as cluster:
        password = cluster.layout.password_file("uzel").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(cluster.url.replace(password, "guess"))


def test_cyrillic_is_found_even_where_the_locale_is_c(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    with running(config) as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT lower('ПРИНТЕР'), similarity('принтер', 'принтеры') > 0.5").fetchone()
        assert row == ("принтер", True)
        found = connection.execute("SELECT to_tsvector('russian', 'ПРИНТЕРОВ')::text").fetchone()
        assert found == ("'принтер':1",)


def test_a_database_blind_to_cyrillic_is_refused_with_advice(config: Config) -> None:
    with own_cluster(config) as cluster:
        create_database(cluster.url, "blind_base")
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE blind TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc")
        with pytest.raises(DatabaseUnusable, match="LC_CTYPE"):
            check_database(cluster.url.replace("/uzel?", "/blind?"))


def test_a_database_that_does_not_answer_is_named_as_such() -> None:
    with pytest.raises(DatabaseUnusable, match="does not answer"):
        check_database("postgresql://uzel@127.0.0.1:1/uzel")


def test_the_server_dies_with_a_starter_that_was_killed(start: Starter) -> None:
    process = start()
    pid, _ = said(process)
    assert pid is not None

    process.send_signal(signal.SIGKILL)

    until(lambda: not psutil.pid_exists(pid))


def test_the_next_start_after_a_kill_finds_everything(start: Starter, config: Config) -> None:
    process = start()
    said(process)
    with running(config) as url:
        keep_note(url)
    process.send_signal(signal.SIGKILL)

    with running(config) as url:
        assert read_note(url) == "kept"


def test_a_second_process_attaches_and_leaves_the_server_running(start: Starter, config: Config) -> None:
    pid, ours = said(start())
    assert ours
    with own_cluster(config) as second:
        assert not second.ours
        check_database(second.url)
    assert pid is not None
    assert psutil.pid_exists(pid)


def test_four_processes_starting_at_once_agree_on_one_server(start: Starter) -> None:
    answers = [said(process) for process in [start() for _ in range(4)]]

    assert sorted(ours for _, ours in answers) == [False, False, False, True]


def test_a_pid_that_is_another_program_by_now_does_not_stop_the_start(config: Config) -> None:
    with running(config) as url:
        keep_note(url)
    layout = Layout(config.home / "postgres")
    file = layout.data / "postmaster.pid"
    # The very user PostgreSQL runs as, so that a signal to it would be allowed.
    owner = layout.data.stat()
    sleeper = subprocess.Popen(["sleep", "300"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        file.write_text(f"{sleeper.pid}\n{layout.data}\n0\n5432\n{layout.socket}\n\n0 0\nready\n")
        with running(config) as url:
            assert read_note(url) == "kept"
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_home_with_a_long_path_gets_its_socket_elsewhere(home: Path) -> None:
    config = load_config({"UZEL_HOME": str(home / ("длинный" * 12)), "PG_BIN": os.environ.get("PG_BIN", "")})
    with own_cluster(config) as cluster:
        assert len(os.fsencode(cluster.layout.socket)) <= LONGEST_FOLDER
        assert cluster.layout.socket.stat().st_mode & 0o077 == 0
        check_database(cluster.url)


def test_a_half_made_folder_is_made_anew(config: Config) -> None:
    half = config.home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    with running(config) as url:
        check_database(url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a home that PostgreSQL's user can't enter")
def test_root_with_a_closed_home_opens_nothing_to_others(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700, parents=True)
    config = load_config({"UZEL_HOME": str(closed / "uzel"), "PG_BIN": os.environ.get("PG_BIN", "")})
    with own_cluster(config) as cluster:
        assert not cluster.layout.base.is_relative_to(closed)
        assert closed.stat().st_mode & 0o777 == 0o700
        owner = pwd.getpwuid(psutil.Process(cluster.pid).uids().effective).pw_name
        assert owner not in {"root", "nobody"}
        check_database(cluster.url)
        base = cluster.layout.base
    with own_cluster(config) as again:
        assert again.layout.base == base
    subprocess.run(["rm", "-r", base], check=True)


def test_a_server_that_fails_is_explained_by_its_own_words(config: Config) -> None:
    broken = load_config({"UZEL_HOME": str(config.home), "PG_BIN": os.environ.get("PG_BIN", "")})
    cluster = own_cluster(broken)
    cluster.settings = cluster.settings | {"shared_buffers": "nonsense"}
    with pytest.raises(DatabaseUnusable, match="shared_buffers"):
        cluster.start()
    assert not cluster.ours


def test_backups_are_complete_private_and_seven(config: Config) -> None:
    with running(config) as url:
        keep_note(url)
        made = [backup(config) for _ in range(KEPT + 2)]
    kept = sorted((config.home / "backups").iterdir())
    assert kept == made[-KEPT:]
    assert kept[-1].stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(find_major(15) is None or "PG_BIN" in os.environ, reason="needs the wheel and PostgreSQL 15")
def test_an_older_major_is_refused_with_advice_and_upgraded_on_request(home: Path) -> None:
    older = find_major(15)
    assert older is not None
    with running(load_config({"UZEL_HOME": str(home), "PG_BIN": str(older.folder)})) as url:
        keep_note(url)
    config = load_config({"UZEL_HOME": str(home)})
    with pytest.raises(DatabaseUnusable, match="upgrade-database"), running(config):
        pass

    dump = upgrade(config)

    assert dump is not None
    assert dump.exists()
    assert (home / "postgres" / "data.15").is_dir()
    with running(config) as url:
        assert check_database(url).startswith("18.")
        assert read_note(url) == "kept"
    assert upgrade(config) is None
