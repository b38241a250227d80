"""Deliveries that could not be taken in: look at them, mend them, take them in again."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, NotFound
from uzel.services.rights import check_administrator
from uzel.store import waking
from uzel.store.audit import record
from uzel.store.blobs import blobs
from uzel.store.deliveries import LARGE
from uzel.store.models import Blob, Delivery

PAGE = 50
_PREVIEW = 400  # bytes shown in the list


def list_quarantined(*, before: int | None = None, by: Actor) -> list[dict[str, Any]]:
    """Up to ``PAGE`` + 1 of them, the newest first."""
    check_administrator(by)
    rows = Delivery.objects.filter(state="quarantined").select_related("channel").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_shown(row) for row in rows[: PAGE + 1]]


def read_body(delivery_id: int, *, by: Actor) -> bytes:
    """What the channel brought, or what an administrator made of it."""
    check_administrator(by)
    body = _body(_get(delivery_id))
    record(by, "read", "delivery", delivery_id, None, None)
    return body


@transaction.atomic
def replace_body(delivery_id: int, body: bytes, *, by: Actor) -> None:
    """Put a mended body in the place of the one that could not be read."""
    check_administrator(by)
    delivery = _get_quarantined(delivery_id)
    digest = None
    if len(body) > LARGE:
        digest = blobs().put(body)
        Blob.objects.get_or_create(hash=digest, defaults={"size": len(body)})
    Delivery.objects.filter(id=delivery.id).update(body=None if digest else body, blob=digest, size=len(body))
    record(by, "edit", "delivery", delivery.id, {"size": delivery.size}, {"size": len(body)})


@transaction.atomic
def replay(delivery_id: int, *, by: Actor) -> None:
    """Take it in again. If it fails again, it comes back here with its error."""
    check_administrator(by)
    delivery = _get_quarantined(delivery_id)
    Delivery.objects.filter(id=delivery.id).update(state="new", error="", not_before=timezone.now())
    waking.notify(waking.INTAKE)
    record(by, "replay", "delivery", delivery.id, {"error": delivery.error[:500]}, None)


def _shown(row: Delivery) -> dict[str, Any]:
    head = _body(row)[:_PREVIEW] if row.size <= LARGE else b""
    return {
        "id": row.id,
        "channel_id": row.channel_id,
        "channel_name": row.channel.name,
        "received_at": row.received_at,
        "size": row.size,
        "error": row.error,
        "external_id": row.external_id,
        "preview": head.decode("utf-8", "replace").replace("\0", "�"),
    }


def _body(row: Delivery) -> bytes:
    if row.blob_id is None:
        return bytes(row.body or b"")
    with blobs().open(row.blob_id) as file:
        return file.read()


def _get(delivery_id: int) -> Delivery:
    delivery = Delivery.objects.filter(id=delivery_id, state="quarantined").first()
    if delivery is None:
        raise NotFound(
            "There is no such delivery in quarantine. Open the list anew.",
            "Такой доставки в карантине нет. Обновите список.",
        )
    return delivery


def _get_quarantined(delivery_id: int) -> Delivery:
    """Locked. Raises NotFound; Conflict when it was taken in meanwhile."""
    delivery = Delivery.objects.select_for_update().filter(id=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.", "Такой доставки нет.")
    if delivery.state != "quarantined":
        raise Conflict(
            "It was taken in meanwhile. Open the list anew.", "Её тем временем уже приняли. Обновите список."
        )
    return delivery
