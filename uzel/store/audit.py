"""Who did what to what. Rows are only ever added; a trigger refuses everything else."""

import datetime as dt
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec

from uzel.domain.permissions import Actor
from uzel.store.models import AuditRecord

caller_address: ContextVar[str] = ContextVar("caller_address", default="")  # set by whoever takes calls from outside
LONGEST_PAGE = 100


class AuditView(msgspec.Struct, kw_only=True):
    id: int
    at: dt.datetime
    person_id: int | None
    person_name: str
    action: str
    object_kind: str
    object_id: str
    before: Any
    after: Any
    ip: str


def record(
    by: Actor | None,
    action: str,
    object_kind: str,
    object_id: object,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add one line in the transaction of the deed. Secrets never belong into ``before`` and ``after``."""
    AuditRecord.objects.create(
        person_id=by.person_id if by else None,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        before=_plain(before),
        after=_plain(after),
        ip=caller_address.get()[:64],
    )


def list_records(*, of: str | None, before_id: int | None, limit: int) -> list[AuditView]:
    """The newest first. ``of``: ``kind:id`` or only ``kind``."""
    rows = AuditRecord.objects.order_by("-id")
    if of:
        kind, _, object_id = of.partition(":")
        rows = rows.filter(object_kind=kind, **({"object_id": object_id} if object_id else {}))
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    fields = ("id", "at", "person_id", "action", "object_kind", "object_id", "before", "after", "ip")
    found = rows.values(*fields, "person__name")[: min(limit, LONGEST_PAGE)]
    return [AuditView(person_name=row.pop("person__name") or "", **row) for row in found]


def _plain(values: Mapping[str, Any] | None) -> Any:
    """As JSON holds it: times and ids as text."""
    return None if values is None else msgspec.to_builtins(dict(values))
