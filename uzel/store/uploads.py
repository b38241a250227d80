"""Files on their way in. The part that has arrived is a file of its own; its size is the truth, also after a crash."""

import datetime as dt
import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.http.request import UnreadablePostError
from django.utils import timezone

from uzel.kernel.errors import Conflict, NotFound, TooLarge, TooMany
from uzel.store.blobs import blobs
from uzel.store.models import Blob, Upload

EXPIRES_AFTER = dt.timedelta(hours=24)
MOST_UNFINISHED = 100  # of one person
_PIECE = 1 << 16
_LONGEST_NAME = 200
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/:*?<>|\u202a-\u202e\u2066-\u2069]+')
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


class Locked(Conflict):
    """Somebody is writing to it right now."""

    code = "locked"


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


NO_UPLOAD = NotFound("That upload has ended or never was. Start it anew.", "Такой загрузки нет. Начните её заново.")
BUSY = Locked("Another request is writing to this upload.", "В эту загрузку уже пишет другой запрос.")


def start_upload(person_id: int, *, name: str, content_type: str, size: int) -> Upload:
    """Raises TooLarge, TooMany."""
    if size > settings.MAX_UPLOAD:
        limit = settings.MAX_UPLOAD // (1 << 20)
        raise TooLarge(f"Files may have up to {limit} MB.", f"Размер файла — не больше {limit} МБ.")
    if Upload.objects.filter(_alive(), person_id=person_id, blob=None).count() >= MOST_UNFINISHED:
        raise TooMany(
            "Too many unfinished uploads. Finish or delete some.",
            "Слишком много незаконченных загрузок. Закончите или удалите их.",
            retry_after=60,
        )
    upload = Upload.objects.create(
        id=uuid.uuid4(),
        person_id=person_id,
        name=safe_name(name),
        content_type=content_type if _MEDIA_TYPE.fullmatch(content_type) else "application/octet-stream",
        size=size,
    )
    if size == 0:
        _finish(upload)
    return upload


def get_upload(upload_id: uuid.UUID, person_id: int) -> Upload:
    """One's own upload that has not expired. Raises NotFound."""
    upload = Upload.objects.filter(_alive(), id=upload_id, person_id=person_id).first()
    if upload is None:
        raise NO_UPLOAD
    return upload


def offset_of(upload: Upload) -> int:
    """How many bytes stand safely. A whole file that a crash left unfinished is finished now."""
    if upload.blob_id is not None:
        return upload.size
    arrived = _arrived(upload)
    if arrived == upload.size:
        with _alone(upload):
            _finish(upload)
    return arrived


def append(upload: Upload, offset: int, source: Source) -> int:
    """Write what ``source`` gives behind ``offset``; the new offset. Raises Conflict, Locked, TooLarge.

    What has arrived when the line breaks is kept and counted.
    """
    with _alone(upload) as part:
        upload.refresh_from_db()
        if offset != (upload.size if upload.blob_id else _arrived(upload)):
            raise Conflict(
                "The offset is not where the upload stands. Ask for it with HEAD.",
                "Смещение не совпадает с полученным. Узнайте его запросом HEAD.",
            )
        if upload.blob_id is not None:
            _part(upload).unlink(missing_ok=True)
            return upload.size
        close_old_connections()  # the line may be slow
        offset = _write(part, offset, upload.size, source)
        if offset == upload.size:
            _finish(upload)
        else:
            Upload.objects.filter(id=upload.id).update(received=offset)
    return offset


def drop_upload(upload: Upload) -> None:
    """Forget an upload that no entry has taken."""
    with _alone(upload):
        _part(upload).unlink(missing_ok=True)
        _forget(upload)


def forget_old_uploads() -> int:
    """Housekeeping: uploads that expired, with what had arrived of them, finished or not. Gives how many."""
    expired = Upload.objects.exclude(_alive()).filter(used_at=None)
    gone = 0
    for upload in expired.only("id", "blob"):
        _part(upload).unlink(missing_ok=True)
        gone += _forget(upload)
    Upload.objects.filter(used_at__lt=timezone.now() - EXPIRES_AFTER).delete()
    return gone


@transaction.atomic
def _forget(upload: Upload) -> bool:
    """With its file, unless the same content stands elsewhere. False when an entry has just taken it."""
    gone = Upload.objects.filter(id=upload.id, used_at=None).delete()[0] > 0
    if gone and upload.blob_id is not None:
        blobs().let_go(upload.blob_id)
    return gone


def expires_at(upload: Upload) -> dt.datetime:
    return upload.created_at + EXPIRES_AFTER


def safe_name(name: str) -> str:
    """A file's name without folders, control characters and signs that turn the reading direction."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = _FORBIDDEN.sub("_", last).strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    if len(clean) > _LONGEST_NAME and dot and len(suffix) < 20:
        clean = f"{stem[: _LONGEST_NAME - len(suffix) - 1]}.{suffix}"
    return clean[:_LONGEST_NAME] or "file"


def _write(part: BinaryIO, offset: int, size: int, source: Source) -> int:
    part.seek(offset)
    try:
        while piece := source.read(_PIECE):
            if offset + len(piece) > size:
                raise TooLarge(
                    "More bytes came than the upload was announced with.", "Пришло больше байт, чем было объявлено."
                )
            part.write(piece)
            offset += len(piece)
    except UnreadablePostError:
        pass  # the line broke: what came so far stands, the sender asks with HEAD
    finally:
        part.flush()
        os.fsync(part.fileno())
    return offset


def _open_part(upload: Upload) -> BinaryIO:
    part = _part(upload)
    part.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def _finish(upload: Upload) -> None:
    """Put the whole file into the blob store. A crash in between leaves the upload empty: it is sent again."""
    with transaction.atomic():
        current = Upload.objects.select_for_update().get(id=upload.id)
        if current.blob_id is None:
            part = _part(upload)
            digest = blobs().put_file(part) if upload.size else blobs().put(b"")
            Blob.objects.get_or_create(hash=digest, defaults={"size": upload.size})
            current.blob_id, current.received = digest, upload.size
            current.save(update_fields=["blob", "received"])
    upload.blob_id = current.blob_id


@contextmanager
def _alone(upload: Upload) -> Iterator[BinaryIO]:
    """The part, locked: nobody else writes to it meanwhile, and a process that dies lets go. Raises Locked.

    A lock on the file, not in the database: a slow line must not hold a connection.
    """
    with _open_part(upload) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BUSY from error
        yield file


def _arrived(upload: Upload) -> int:
    try:
        return _part(upload).stat().st_size
    except FileNotFoundError:
        return 0


def _part(upload: Upload) -> Path:
    return Path(settings.UPLOADS) / upload.id.hex


def _alive() -> Q:
    return Q(created_at__gt=timezone.now() - EXPIRES_AFTER)
