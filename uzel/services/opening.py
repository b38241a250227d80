"""A new ticket for entries that stood in another one until now."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from uzel.services.writing import one_line
from uzel.store.models import Entry, Ticket

_SAME = ("kind", "impact", "urgency", "priority", "language", "team_id", "service_id", "category_id")


def open_apart(source: Ticket, entries: Sequence[Entry], *, subject: str = "", owner_id: int | None = None) -> Ticket:
    """An open ticket of whoever wrote the first of ``entries`` (in order of time), as old as the oldest of them."""
    first = next((entry for entry in entries if entry.direction == "in" and entry.person_id), None)
    requester = first.person if first is not None and first.person is not None else source.requester
    now, oldest = timezone.now(), entries[0].at
    title = next(
        filter(None, map(one_line, (subject, first.subject if first else "", entries[0].text))), source.subject
    )
    same: dict[str, Any] = {name: getattr(source, name) for name in _SAME}
    return Ticket.objects.create(
        subject=title[:250],
        **same,
        owner_id=owner_id,
        status="open",
        requester=requester,
        organization_id=requester.organization_id,
        first_channel=entries[0].channel_kind,
        created_at=now,
        first_contact_at=oldest,
        updated_at=now,
        last_entry_at=oldest,
        digest=entries[0].text[:1500],
    )
