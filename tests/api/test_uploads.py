"""Files arrive in pieces, over lines that break, and belong to whoever sends them."""

import base64
import uuid
from typing import Any

import pytest
from django.db import transaction

from tests.callers import Page, make_person, page_of
from tests.chains import make_attachment, make_delivery, make_entry, make_ticket
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid
from uzel.services.files import attach, get_uploads
from uzel.store.blobs import blobs
from uzel.store.models import Attachment, Blob, Delivery, Person, Upload
from uzel.store.uploads import forget_old_uploads

TUS = {"Tus-Resumable": "1.0.0"}


def take(person: Person, *ids: uuid.UUID) -> list[Attachment]:
    """Send them with a message, as the services do."""
    with transaction.atomic():
        uploads = get_uploads(ids, by=Actor(person_id=person.id))
        entry = make_entry(make_ticket(person))
        attach(uploads, entry)
        return list(entry.attachments.all())


def start(page: Page, size: int, name: str = "снимок.png", kind: str = "image/png") -> Any:
    said = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in (("filename", name), ("filetype", kind))
    )
    return page.client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(size), "Upload-Metadata": said})


def append(page: Page, address: str, offset: int, content: bytes) -> Any:
    headers = {**TUS, "Upload-Offset": str(offset)}
    return page.client.patch(address, content, content_type="application/offset+octet-stream", headers=headers)


def look(page: Page, address: str) -> Any:
    return page.client.head(address, headers=TUS)


def test_a_file_arrives_in_two_pieces_and_is_taken_once() -> None:
    person = make_person()
    page = page_of(person)
    address = start(page, 11)["Location"]
    assert append(page, address, 0, b"hello ")["Upload-Offset"] == "6"
    assert look(page, address)["Upload-Offset"] == "6"
    assert append(page, address, 6, b"world").status_code == 204

    key = uuid.UUID(address.rpartition("/")[2])
    (taken,) = take(person, key)

    assert (taken.name, taken.content_type, taken.size) == ("снимок.png", "image/png", 11)
    assert blobs().read(taken.blob_id) == b"hello world"
    with pytest.raises(Invalid):
        take(person, key)


def test_a_repeated_piece_is_refused_with_where_it_stands() -> None:
    page = page_of(make_person())
    address = start(page, 10)["Location"]
    append(page, address, 0, b"12345")
    repeated = append(page, address, 0, b"12345")
    assert repeated.status_code == 409
    assert look(page, address)["Upload-Offset"] == "5"


def test_more_bytes_than_announced_are_refused() -> None:
    page = page_of(make_person())
    address = start(page, 3)["Location"]
    assert append(page, address, 0, b"12345").status_code == 413


def test_an_unfinished_upload_can_not_be_attached() -> None:
    person = make_person()
    page = page_of(person)
    address = start(page, 10)["Location"]
    append(page, address, 0, b"12345")
    with pytest.raises(Invalid):
        take(person, uuid.UUID(address.rpartition("/")[2]))


def test_an_upload_is_given_up_and_forgotten() -> None:
    page = page_of(make_person())
    address = start(page, 10)["Location"]
    append(page, address, 0, b"12345")
    assert page.client.delete(address, headers=TUS).status_code == 204
    assert look(page, address).status_code == 404
    assert not Upload.objects.exists()


def test_expired_uploads_are_swept_away_with_their_bytes() -> None:
    page = page_of(make_person())
    address = start(page, 10)["Location"]
    append(page, address, 0, b"12345")
    Upload.objects.update(created_at="2020-01-01T00:00:00Z")
    assert look(page, address).status_code == 404
    assert forget_old_uploads() == 1


def whole(page: Page, content: bytes) -> str:
    """The address of an upload that has arrived."""
    address = start(page, len(content))["Location"]
    assert append(page, address, 0, content).status_code == 204
    return str(address)


def test_a_whole_file_that_nobody_used_goes_after_a_day_and_one_that_stands_elsewhere_stays() -> None:
    person = make_person()
    page = page_of(person)
    whole(page, b"never sent")
    for _ in range(2):
        whole(page, b"never sent, twice")
    whole(page, b"in a ticket as well")
    make_attachment(make_entry(make_ticket(person)), b"in a ticket as well", "a.txt", "text/plain")
    whole(page, b"in a large mail as well")
    mail = make_delivery(b"")
    Delivery.objects.filter(id=mail.id).update(blob=Blob.objects.get(size=len(b"in a large mail as well")))
    digests = set(Blob.objects.values_list("hash", flat=True))
    Upload.objects.update(created_at="2020-01-01T00:00:00Z")

    assert forget_old_uploads() == 5
    blobs().sweep(0)

    kept = set(Blob.objects.values_list("size", flat=True))
    assert kept == {len(b"in a ticket as well"), len(b"in a large mail as well")}
    assert {digest for digest in digests if blobs().path(digest).exists()} == set(
        Blob.objects.values_list("hash", flat=True)
    )


def test_a_whole_file_that_is_given_up_goes_at_once_and_can_be_sent_again() -> None:
    person = make_person()
    page = page_of(person)
    assert page.client.delete(whole(page, b"hello"), headers=TUS).status_code == 204
    assert not Blob.objects.exists()
    again = whole(page, b"hello")
    blobs().sweep(0)
    (taken,) = take(person, uuid.UUID(again.rpartition("/")[2]))
    assert blobs().read(taken.blob_id) == b"hello"


def test_a_file_over_the_limit_is_refused_before_it_is_sent() -> None:
    assert start(page_of(make_person()), 50 * 1024 * 1024 + 1).status_code == 413


def test_another_protocol_version_is_refused_with_ours() -> None:
    answer = page_of(make_person()).client.post("/api/v1/uploads", headers={"Upload-Length": "1"})
    assert answer.status_code == 412
    assert answer["Tus-Version"] == "1.0.0"


def test_what_the_server_can_do_is_told_without_signing_in() -> None:
    answer = Page().client.options("/api/v1/uploads")
    assert answer["Tus-Extension"] == "creation,termination,expiration"
    assert answer["Tus-Max-Size"] == str(50 * 1024 * 1024)


def test_nobody_touches_the_upload_of_somebody_else() -> None:
    owner, other = page_of(make_person()), page_of(make_person("Олег"))
    address = start(owner, 10)["Location"]
    assert look(other, address).status_code == 404
    assert append(other, address, 0, b"12345").status_code == 404
    assert other.client.delete(address, headers=TUS).status_code == 404
    foreign = Upload.objects.get()
    with pytest.raises(Invalid):
        take(make_person("Ева"), foreign.id)
