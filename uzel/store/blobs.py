"""Files by the hash of their content, outside the database.

A crash between writing a file and committing its row must leave neither a lost file nor an orphan: a marker in
``pending/`` is made before the file and removed after the commit; ``sweep`` looks only at old markers, so its cost
does not grow with the store.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import BinaryIO

from django.db import IntegrityError, connection, transaction

from uzel.kernel.config import load_config
from uzel.store.sql import Query, run

_CHUNK = 1 << 20
_PART = ".part"  # a file that is still being written
_LET_GO = Query(
    "let_go_blob",
    """
    DELETE FROM blob b WHERE b.hash = %(hash)s
      AND NOT EXISTS (SELECT FROM attachment a WHERE a.blob_hash = b.hash)
      AND NOT EXISTS (SELECT FROM delivery d WHERE d.blob_hash = b.hash)
      AND NOT EXISTS (SELECT FROM upload u WHERE u.blob_hash = b.hash)
    """,
)


class BlobStore:
    """A folder of files named by SHA-256. Every ``put`` must stand inside the transaction that records the hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pending = folder / "pending"
        self._pending.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:4] / digest

    def open(self, digest: str) -> BinaryIO:
        """Raises FileNotFoundError when the file is gone (a restored database without its files)."""
        return self.path(digest).open("rb")

    def read(self, digest: str) -> bytes:
        return self.path(digest).read_bytes()

    def put(self, content: bytes) -> str:
        """Keep ``content``, durable on disk before the return; gives its hash."""
        digest = hashlib.sha256(content).hexdigest()
        self._mark(digest)
        target = self.path(digest)
        if not self._stands(target, len(content)):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._pending, suffix=_PART)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
            _sync_folder(target.parent)
        return digest

    def put_file(self, source: Path) -> str:
        """Take over a finished file on the same disk without reading it into memory."""
        digest = _hash_file(source)
        self._mark(digest)
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
        _sync_folder(target.parent)
        return digest

    def _mark(self, digest: str) -> None:
        (self._pending / digest).touch()
        transaction.on_commit(lambda: (self._pending / digest).unlink(missing_ok=True))

    def _stands(self, target: Path, size: int) -> bool:
        try:
            return target.stat().st_size == size
        except FileNotFoundError:
            return False

    def sweep(self, older_than: float) -> int:
        """Remove files whose transaction never committed. Looks at markers older than ``older_than`` seconds.

        Gives how many files were removed. Young markers may belong to a transaction still under way.
        """
        before = time.time() - older_than
        old = [path for path in self._pending.iterdir() if _changed(path) < before]
        known = _known(path.name for path in old)
        removed = 0
        for path in old:
            if path.suffix != _PART and path.name not in known:
                removed += self._remove(path, before)
            else:
                path.unlink(missing_ok=True)
        return removed

    def let_go(self, digest: str) -> bool:
        """Forget a file that no row names any more; the file itself goes with a later ``sweep``.

        For the caller's transaction. False, and nothing changed, when a row names it, or when somebody is keeping the
        same content right now: their marker stands from before they look for its row until they have committed, and
        who looks after we have deleted the row waits for us and writes it anew.
        """
        try:
            with transaction.atomic():
                if not run(_LET_GO, {"hash": digest}):
                    return False
                connection.check_constraints()  # somebody may have named it since the statement began
                if (self._pending / digest).exists():
                    transaction.set_rollback(True)
                    return False
                (self._pending / digest).touch()
        except IntegrityError:
            return False
        return True

    def _remove(self, marker: Path, before: float) -> bool:
        """Take the file away, unless a ``put`` renewed its marker meanwhile: then it counts on the file.

        Moved aside first: a ``put`` that comes later misses the file and writes it again.
        """
        target, aside = self.path(marker.name), self._pending / f"{marker.name}{_PART}"
        try:
            os.replace(target, aside)
        except FileNotFoundError:
            marker.unlink(missing_ok=True)
            return False
        if _changed(marker) >= before:
            os.replace(aside, target)
            return False
        marker.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)
        return True


def _changed(path: Path) -> float:
    """When it was last written; now, if its transaction ended while we looked."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _known(digests: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM blob WHERE hash = ANY(%s)", [list(digests)])
        return {row[0] for row in cursor.fetchall()}


@cache
def blobs() -> BlobStore:
    """The store of this installation."""
    return BlobStore(load_config().blobs)
