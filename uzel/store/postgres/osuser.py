"""Whose process PostgreSQL is: ours, or for root a user of its own (PostgreSQL refuses to run as root)."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import msgspec

from uzel.store.postgres.problems import DatabaseUnusable

SERVICE_USER = "uzel-postgres"


class OsUser(msgspec.Struct, frozen=True):
    uid: int
    gid: int
    other: bool  # not the user of this process

    def own(self, path: Path, mode: int) -> None:
        """Hand one file or folder over; never touches what is above it."""
        path.chmod(mode)
        if self.other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether every folder down to this one may be passed, by its permission bits."""
        folder = folder.resolve()
        return not self.other or all(self._may_search(part) for part in (folder, *folder.parents))

    def _may_search(self, folder: Path) -> bool:
        if not folder.exists():
            return True  # ours to make
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        return bool(found.st_mode & (stat.S_IXGRP if found.st_gid == self.gid else stat.S_IXOTH))


def postgres_user() -> OsUser:
    """The user that PostgreSQL runs as on this machine; made once where we are root and it is missing."""
    if os.geteuid() != 0:
        return OsUser(os.geteuid(), os.getegid(), other=False)
    found = _lookup(SERVICE_USER) or _create() or _lookup("postgres")
    if found is None:
        raise DatabaseUnusable(
            f"PostgreSQL must not run as root and the user {SERVICE_USER} can't be created. "
            f"Start Uzel as an ordinary user, or create it: useradd --system {SERVICE_USER}",
            f"PostgreSQL нельзя запускать от root, а пользователя {SERVICE_USER} создать не удалось. "
            f"Запустите Uzel от обычного пользователя или создайте его: useradd --system {SERVICE_USER}",
        )
    return OsUser(found.pw_uid, found.pw_gid, other=True)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        return None
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false"]
    # A second process may be creating it at this moment: what counts is whether it exists afterwards.
    subprocess.run([useradd, *options, SERVICE_USER], capture_output=True, check=False)
    return _lookup(SERVICE_USER)
