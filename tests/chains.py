"""Tickets with what hangs on them, put straight into the database."""

from typing import Any

from django.db import transaction

from uzel.store.blobs import blobs
from uzel.store.models import Attachment, Blob, Channel, Delivery, Entry, Join, Person, Team, Ticket


def make_team(name: str = "Поддержка", **fields: Any) -> Team:
    return Team.objects.create(name_ru=name, name_en=name, **fields)


def make_ticket(requester: Person, **fields: Any) -> Ticket:
    return Ticket.objects.create(requester=requester, subject="Не открывается 1С", **fields)


def make_entry(ticket: Ticket, **fields: Any) -> Entry:
    given = {"kind": "message", "direction": "in", "text": "Добрый день", "person": ticket.requester} | fields
    entry = Entry.objects.create(ticket=ticket, **given)
    Join.objects.create(entry=entry, ticket=ticket, verdict="new")
    return entry


def make_attachment(entry: Entry, content: bytes, name: str, content_type: str, **fields: Any) -> Attachment:
    with transaction.atomic():
        digest = blobs().put(content)
        Blob.objects.get_or_create(hash=digest, defaults={"size": len(content)})
        return Attachment.objects.create(
            entry=entry, blob_id=digest, name=name, content_type=content_type, size=len(content), **fields
        )


def make_delivery(body: bytes, kind: str = "email") -> Delivery:
    channel = Channel.objects.create(kind=kind, name="support@example.org")
    return Delivery.objects.create(channel=channel, external_id="1", body=body, size=len(body), state="done")
