"""Programs' keys: made, listed, revoked. The key itself is shown once and never kept."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.utils import timezone

from uzel.kernel.errors import NotFound
from uzel.store.access import TOKEN_PREFIX, new_secret, secret_hash
from uzel.store.models import ApiToken


class TokenView(msgspec.Struct, kw_only=True):
    id: int
    name: str
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None


_FIELDS = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")


def make_token(
    person_id: int, *, name: str, scopes: Sequence[str], expires_at: dt.datetime | None
) -> tuple[TokenView, str]:
    """The token as it will be listed, and its secret."""
    secret = TOKEN_PREFIX + new_secret()
    row = ApiToken.objects.create(
        token_hash=secret_hash(secret),
        person_id=person_id,
        name=name,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    return _view(ApiToken.objects.values(*_FIELDS).get(id=row.id)), secret


def list_tokens(person_id: int) -> list[TokenView]:
    """The person's tokens that are not revoked, the newest first."""
    rows = ApiToken.objects.filter(person_id=person_id, revoked_at=None).order_by("-id")[:200]
    return [_view(row) for row in rows.values(*_FIELDS)]


def revoke_token(token_id: int, *, person_id: int | None) -> None:
    """Raises NotFound when it is not a standing token of this person; None: of anybody."""
    rows = ApiToken.objects.filter(id=token_id, revoked_at=None)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    if not rows.update(revoked_at=timezone.now()):
        raise NotFound("There is no such token.", "Такого токена нет.")


def revoke_tokens(person_id: int) -> int:
    """All standing tokens of the person. Gives how many."""
    return ApiToken.objects.filter(person_id=person_id, revoked_at=None).update(revoked_at=timezone.now())


def _view(row: dict[str, object]) -> TokenView:
    return msgspec.convert(row, TokenView)
