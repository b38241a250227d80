"""Files and rows agree, whatever breaks in between."""

from pathlib import Path

import pytest
from django.db import transaction

from uzel.store.blobs import BlobStore
from uzel.store.models import Blob


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
