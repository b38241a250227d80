"""Signed-in browsers: opened, listed, ended."""

import datetime as dt

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.kernel.errors import NotFound
from uzel.store import audit
from uzel.store.access import SESSION_IDLE, new_secret, secret_hash
from uzel.store.models import Session


class SessionView(msgspec.Struct, kw_only=True):
    """One signed-in browser, as its owner sees it."""

    id: int
    created_at: dt.datetime
    last_seen_at: dt.datetime
    user_agent: str
    ip: str
    current: bool


def open_session(person_id: int, *, ip: str, user_agent: str, handle_id: int | None = None) -> str:
    """The secret for the cookie; only its hash is kept. ``handle_id``: the address whose mailed link opens it."""
    secret = new_secret()
    Session.objects.create(
        token_hash=secret_hash(secret),
        person_id=person_id,
        expires_at=timezone.now() + SESSION_IDLE,
        ip=ip[:64],
        user_agent=user_agent.replace("\0", "")[:300],
        handle_id=handle_id,
    )
    return secret


def list_sessions(person_id: int, *, current: int | None) -> list[SessionView]:
    """The person's own open sessions, the newest use first."""
    rows = Session.objects.filter(_standing(), person_id=person_id).order_by("-last_seen_at", "-id")[:100]
    fields = ("id", "created_at", "last_seen_at", "user_agent", "ip")
    return [SessionView(**row, current=row["id"] == current) for row in rows.values(*fields)]


def end_session(session_id: int, *, person_id: int) -> None:
    """Raises NotFound when it is not an open session of this person."""
    standing = Session.objects.filter(_standing(), id=session_id, person_id=person_id)
    with transaction.atomic():
        if not standing.update(revoked_at=timezone.now()):
            raise NotFound("That session has ended already.", "Этот сеанс уже завершён.")
        audit.record(Actor(person_id=person_id), "session.ended", "session", session_id)


def end_sessions(person_id: int, *, but: int | None = None) -> int:
    """End all open sessions of the person, except ``but``. Gives how many."""
    standing = Session.objects.filter(_standing(), person_id=person_id)
    if but is not None:
        standing = standing.exclude(id=but)
    return standing.update(revoked_at=timezone.now())


def forget_old_sessions() -> int:
    """Housekeeping: sessions that ended a month ago. Gives how many."""
    long_ago = timezone.now() - dt.timedelta(days=30)
    return Session.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)).delete()[0]


def _standing() -> Q:
    return Q(revoked_at=None, expires_at__gt=timezone.now())
