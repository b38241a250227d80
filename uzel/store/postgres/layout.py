"""Which files make up our own PostgreSQL of one home, and where its socket is."""

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

import msgspec

from uzel.kernel.config import Config
from uzel.store.postgres.osuser import OsUser
from uzel.store.postgres.problems import DatabaseUnusable

OWNER = "uzel"  # the role Uzel works as; no superuser
SUPERUSER = "postgres"
LONGEST_FOLDER = 107 - len("/.s.PGSQL.5432")  # what sun_path leaves for the folder
NOTE = "postgres.location"
BESIDE_HOME = Path("/var/lib/uzel")


class Layout(msgspec.Struct, frozen=True):
    """``base`` is 0700 and belongs to PostgreSQL's user; everything is in it but for a socket with a long path."""

    base: Path

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "postgres.log"

    @property
    def lock(self) -> Path:
        return self.base / "lock"

    @property
    def socket(self) -> Path:
        """The socket's folder. Only the user's own may stand in for it, checked when it is made."""
        inside = self.base / "run"
        if len(os.fsencode(inside)) <= LONGEST_FOLDER:
            return inside
        runtime = os.environ.get("XDG_RUNTIME_DIR", "") if os.geteuid() else ""
        return Path(runtime or tempfile.gettempdir()) / f"uzel-{os.geteuid()}-{_short_hash(self.base)}"

    def password_file(self, role: str) -> Path:
        return self.base / f"{role}.password"

    def url(self, database: str, *, role: str = OWNER) -> str:
        password = self.password_file(role).read_text(encoding="ascii").strip()
        return f"postgresql://{role}:{quote(password)}@/{database}?host={quote(str(self.socket), safe='')}"

    def make_lock(self, user: OsUser) -> None:
        """The folder and the lock in it: all that may be made before the lock is held."""
        self.base.mkdir(parents=True, exist_ok=True)
        user.own(self.base, 0o700)
        self.lock.touch(mode=0o600, exist_ok=True)

    def make(self, user: OsUser) -> None:
        """Create what is missing, each for its owner alone. Only for whoever holds the lock."""
        for role in (OWNER, SUPERUSER):
            if not self.password_file(role).exists():
                _write_private(self.password_file(role), secrets.token_urlsafe(24), user)
        self.log.touch(mode=0o600, exist_ok=True)
        user.own(self.log, 0o600)
        self._make_socket_folder(user)

    def _make_socket_folder(self, user: OsUser) -> None:
        folder = self.socket
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {user.uid, os.geteuid()}:
            raise DatabaseUnusable(
                f"{folder} belongs to somebody else. Remove it, or set XDG_RUNTIME_DIR to a folder of your own.",
                f"{folder} принадлежит другому пользователю. Удалите его или укажите свою папку в XDG_RUNTIME_DIR.",
            )
        user.own(folder, 0o700)


def layout_of(config: Config, user: OsUser) -> Layout:
    """In the home, or for root with a home that PostgreSQL's user can't enter, in a place of its own.

    The choice is written down: a home whose permissions change must not find an empty database.
    """
    config.home.mkdir(parents=True, exist_ok=True)
    note = config.home / NOTE
    if note.exists():
        return Layout(Path(note.read_text(encoding="utf-8").strip()))
    inside = config.home / "postgres"
    if user.can_enter(inside):
        return Layout(inside)
    if (inside / "data").exists():
        raise DatabaseUnusable(
            f"The database in {inside} can't be reached by the user it belongs to. Allow passing through the folders "
            f"above it (chmod o+x), or start Uzel as the user who made it.",
            f"База в {inside} недоступна пользователю, которому принадлежит. Разрешите проход через папки выше "
            "(chmod o+x) или запустите Uzel от того, кто её создал.",
        )
    base = BESIDE_HOME / f"postgres-{_short_hash(config.home)}"
    note.write_text(f"{base}\n", encoding="utf-8")
    return Layout(base)


def existing_layout(config: Config) -> Layout | None:
    """What an earlier start made; makes nothing."""
    note = config.home / NOTE
    base = Path(note.read_text(encoding="utf-8").strip()) if note.exists() else config.home / "postgres"
    layout = Layout(base)
    return layout if layout.password_file(OWNER).exists() else None


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _write_private(path: Path, text: str, user: OsUser) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    user.own(draft, 0o600)
    draft.rename(path)
