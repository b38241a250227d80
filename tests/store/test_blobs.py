"""Files and rows agree, whatever breaks in between."""

import threading
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.db import connections, transaction

from uzel.store import blobs
from uzel.store.blobs import BlobStore
from uzel.store.models import Blob, Person, Upload


class Broken(Exception):
    """Stands for whatever ends a transaction."""


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def put_and_break(store: BlobStore) -> None:
    with transaction.atomic():
        store.put(b"photo")
        raise Broken


def test_a_committed_file_outlives_the_sweep(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with transaction.atomic():
        digest = store.put(b"photo")
        Blob.objects.create(hash=digest, size=5)

    assert store.sweep(older_than=0) == 0
    assert store.read(digest) == b"photo"
    assert files(tmp_path) == {digest}


def test_a_file_whose_transaction_broke_is_swept_away(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with pytest.raises(Broken):
        put_and_break(store)

    assert len(files(tmp_path)) == 1
    assert store.sweep(older_than=0) == 1
    assert files(tmp_path) == set()


def test_a_file_that_somebody_else_committed_stays_when_our_transaction_breaks(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with transaction.atomic():
        digest = store.put(b"photo")
        Blob.objects.create(hash=digest, size=5)
    with pytest.raises(Broken):
        put_and_break(store)

    store.sweep(older_than=0)
    assert store.read(digest) == b"photo"


def test_a_half_written_file_is_swept_away(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    (tmp_path / "pending" / "tmp1.part").write_bytes(b"ph")

    store.sweep(older_than=0)
    assert files(tmp_path) == set()


def test_a_young_marker_is_left_alone(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with transaction.atomic():
        digest = store.put(b"photo")
        assert store.sweep(older_than=60) == 0
        Blob.objects.create(hash=digest, size=5)

    assert store.read(digest) == b"photo"


def test_nothing_is_let_go_that_somebody_is_keeping_right_now(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with transaction.atomic():
        Blob.objects.create(hash=store.put(b"photo"), size=5)
    with transaction.atomic():
        digest = store.put(b"photo")
        assert store.let_go(digest) is False

    assert Blob.objects.filter(hash=digest).exists()
    assert store.let_go(digest) is True
    assert store.read(digest) == b"photo", "until the sweep: a transaction may still break"
    assert store.sweep(older_than=0) == 1
    assert files(tmp_path) == set()


def test_who_keeps_a_file_while_its_row_is_let_go_writes_the_row_anew(db: object, tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with transaction.atomic():
        digest = store.put(b"photo")
        Blob.objects.create(hash=digest, size=5)
    begun, kept = threading.Event(), []

    def keep() -> None:
        with transaction.atomic():
            store.put(b"photo")
            begun.set()
            kept.extend(Blob.objects.bulk_create([Blob(hash=digest, size=5)], ignore_conflicts=True))
            Upload.objects.create(id=uuid.uuid4(), person=person, name="a", size=5, blob_id=digest)
        connections.close_all()

    person = Person.objects.create(name="Мария")
    other = threading.Thread(target=keep)
    with transaction.atomic():
        assert store.let_go(digest) is True
        other.start()
        assert begun.wait(20)
    other.join(20)
    assert kept
    store.sweep(older_than=0)
    assert Upload.objects.get().blob_id == digest
    assert store.read(digest) == b"photo"


def test_a_file_that_is_kept_again_while_it_is_swept_stays(
    db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BlobStore(tmp_path)
    with pytest.raises(Broken):
        put_and_break(store)
    known = blobs._known

    def slowly(digests: Iterable[str]) -> set[str]:
        found = known(digests)
        with transaction.atomic():
            Blob.objects.create(hash=store.put(b"photo"), size=5)
        return found

    monkeypatch.setattr(blobs, "_known", slowly)
    assert store.sweep(older_than=0) == 0
    assert store.read(Blob.objects.get().hash) == b"photo"
