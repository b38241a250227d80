"""``uzel doctor``: what keeps this installation from working, and how to mend each thing."""

import datetime as dt
import http.client
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence

import msgspec
import psycopg
from rich.console import Console

from uzel.channelkit.contract import Finding
from uzel.kernel.config import Config
from uzel.kernel.errors import UzelError
from uzel.roles.front import bind
from uzel.store.postgres import check_database, running

LOW_SPACE = 2 * 1024**3  # bytes; below it, autovacuum and dumps begin to fail
CLOCK_TOLERANCE = 5.0  # seconds between this machine and the database's
RELEASED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)  # a clock before this is wrong whatever else is true

Check = Callable[[Config], Iterator[Finding]]


def report(config: Config, *, as_json: bool) -> bool:
    """Print every finding; True if all is well. Starts our own database for the time it takes if it does not run."""
    findings = list(examine(config))
    well = all(finding.ok for finding in findings)
    if as_json:
        print(msgspec.json.encode({"ok": well, "findings": findings}).decode())
    else:
        show(findings, russian=config.language == "ru")
    return well


def show(findings: Sequence[Finding], *, russian: bool) -> None:
    console = Console(highlight=False)
    for finding in findings:
        mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
        console.print(mark, finding.what_ru if russian else finding.what_en, soft_wrap=True)
        hint = finding.hint_ru if russian else finding.hint_en
        if hint and not finding.ok:
            console.print(f"  → {hint}", soft_wrap=True)


def examine(config: Config) -> Iterator[Finding]:
    """Cheap and local first; what needs the database only if it answers."""
    for check in (check_space, check_files, check_secret, check_port, check_mail_ports, check_clock):
        yield from check(config)
    try:
        with running(config) as url:
            os.environ["DATABASE_URL"] = url
            yield from check_inside(config, url)
    except UzelError as error:
        yield Finding(ok=False, what_en=error.en, what_ru=error.ru)


def check_space(config: Config) -> Iterator[Finding]:
    config.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(config.home).free
    amount = f"{free / 1024**3:.1f}"
    yield Finding(
        ok=free > LOW_SPACE,
        what_en=f"Free space in {config.home}: {amount} GiB",
        what_ru=f"Свободно в {config.home}: {amount} ГиБ",
        hint_en="Free at least 2 GiB, or move the home: UZEL_HOME.",
        hint_ru="Освободите хотя бы 2 ГиБ или перенесите каталог: UZEL_HOME.",
    )


def check_files(config: Config) -> Iterator[Finding]:
    try:
        config.blobs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=config.blobs):
            problem = ""
    except OSError as error:
        problem = str(error)
    yield Finding(
        ok=not problem,
        what_en=f"Folder for files: {config.blobs} {problem}".strip(),
        what_ru=f"Каталог файлов: {config.blobs} {problem}".strip(),
        hint_en="Make it writable for the user that runs Uzel, or choose another: UZEL_BLOBS.",
        hint_ru="Разрешите запись пользователю, от которого работает Uzel, или выберите другой: UZEL_BLOBS.",
    )


def check_secret(config: Config) -> Iterator[Finding]:
    path = config.secret_key_file
    if config.secret_key or not path.exists():
        return  # given by the environment, or made at the first start
    mode = stat.S_IMODE(path.stat().st_mode)
    yield Finding(
        ok=mode & 0o077 == 0,
        what_en=f"Secret key {path}: mode {mode:o}",
        what_ru=f"Секретный ключ {path}: права {mode:o}",
        hint_en=f"Others can read it. Run: chmod 600 {path}",
        hint_ru=f"Его могут прочитать другие. Выполните: chmod 600 {path}",
    )


def check_port(config: Config) -> Iterator[Finding]:
    """Free, or in use by an Uzel that runs."""
    try:
        bind(config.host, config.port).close()
        taken = False
    except OSError:
        taken = not _is_uzel(config)
    yield Finding(
        ok=not taken,
        what_en=f"Port {config.host}:{config.port}",
        what_ru=f"Порт {config.host}:{config.port}",
        hint_en="Another program uses it or it is not allowed. Choose another: UZEL_PORT.",
        hint_ru="Порт занят другой программой или запрещён. Выберите другой: UZEL_PORT.",
    )


def check_mail_ports(config: Config) -> Iterator[Finding]:
    """The ports on which mail is handed over: free, or in use by an Uzel that runs."""
    for name, port in (("SMTP", config.smtp_port), ("LMTP", config.lmtp_port)):
        if not port:
            continue
        try:
            bind(config.smtp_host, port).close()
            taken = False
        except OSError:
            taken = not _greets_as_uzel(config.smtp_host, port)
        setting = f"UZEL_{name}_PORT"
        yield Finding(
            ok=not taken,
            what_en=f"{name} port {config.smtp_host}:{port}",
            what_ru=f"Порт {name} {config.smtp_host}:{port}",
            hint_en=f"Another program uses it or it is not allowed: no mail comes in by it. Choose another: {setting}.",
            hint_ru=f"Порт занят другой программой или запрещён: почта по нему не придёт. Выберите другой: {setting}.",
        )


def check_clock(config: Config) -> Iterator[Finding]:
    now = dt.datetime.now(dt.UTC)
    yield Finding(
        ok=now > RELEASED,
        what_en=f"Clock: {now:%Y-%m-%d %H:%M:%S} UTC",
        what_ru=f"Часы: {now:%Y-%m-%d %H:%M:%S} UTC",
        hint_en="The clock is behind. Turn on time synchronisation: timedatectl set-ntp true",
        hint_ru="Часы отстают. Включите синхронизацию времени: timedatectl set-ntp true",
    )


def check_pages() -> Finding:
    from uzel.roles.pages import FACES, faces_folder

    missing = [face for face in FACES if not (faces_folder() / face / "index.html").is_file()]
    return Finding(
        ok=not missing,
        what_en=f"Pages are built {missing or ''}".strip(),
        what_ru=f"Страницы собраны {missing or ''}".strip(),
        hint_en="In a checkout run `make web`; an installed wheel should carry them: install it again.",
        hint_ru="В копии исходников выполните `make web`; из пакета — установите его заново.",
    )


def check_inside(config: Config, url: str) -> Iterator[Finding]:
    """With a database that answers: its version, tables, clock, and the channels configured in it."""
    version = check_database(url)
    where = "DATABASE_URL" if config.database_url else "own / своя"
    yield Finding(ok=True, what_en=f"PostgreSQL {version} ({where})", what_ru=f"PostgreSQL {version} ({where})")
    from uzel.store.migrating import pending

    missing = pending()
    yield Finding(
        ok=not missing,
        what_en=f"Tables are up to date {missing or ''}".strip(),
        what_ru=f"Таблицы обновлены {missing or ''}".strip(),
        hint_en="Run `uzel migrate` (`uzel up` does it at start).",
        hint_ru="Выполните `uzel migrate` (`uzel up` делает это при запуске).",
    )
    yield check_database_clock(url)
    yield check_pages()
    if not missing:
        yield from check_channels()


def check_database_clock(url: str) -> Finding:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # a SELECT without FROM has one row
    apart = abs((dt.datetime.now(dt.UTC) - row[0]).total_seconds())
    return Finding(
        ok=apart < CLOCK_TOLERANCE,
        what_en=f"Clocks here and in the database are {apart:.1f} s apart",
        what_ru=f"Часы здесь и в базе расходятся на {apart:.1f} с",
        hint_en="Turn on time synchronisation on both machines: timedatectl set-ntp true",
        hint_ru="Включите синхронизацию времени на обеих машинах: timedatectl set-ntp true",
    )


def check_channels() -> Iterator[Finding]:
    """What every configured channel says about its own connection."""
    from uzel.channelkit.registry import get_channel
    from uzel.store.channels import accounts

    for account in accounts(active=True):
        for found in get_channel(account.kind).check(account):
            yield msgspec.structs.replace(
                found, what_en=f"{account.name}: {found.what_en}", what_ru=f"{account.name}: {found.what_ru}"
            )


def _is_uzel(config: Config) -> bool:
    """Whether it is Uzel that answers there."""
    connection = http.client.HTTPConnection(config.host, config.port, timeout=3)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().read().strip() == b"ok"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greets_as_uzel(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=3) as line:
            return b"Uzel" in line.recv(512)
    except OSError:
        return False
