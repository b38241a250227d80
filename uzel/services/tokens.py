"""Making and revoking programs' keys."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor, Role, has_role
from uzel.kernel.errors import Conflict, Forbidden, Invalid
from uzel.services.rights import check_administrator
from uzel.store import audit, tokens
from uzel.store.tokens import TokenView

MOST_TOKENS = 50  # of one person
FOR_ADMINISTRATORS = {"admin", "intake"}


def make_token(
    *, name: str, scopes: Sequence[str], expires_at: dt.datetime | None, by: Actor, by_program: bool
) -> tuple[TokenView, str]:
    """The new token and its secret, which is told this once. Raises Forbidden, Conflict, Invalid."""
    if by_program:
        raise Forbidden(
            "A token can't make tokens. Sign in with a browser.", "Токен не создаёт токены. Войдите через браузер."
        )
    if FOR_ADMINISTRATORS & set(scopes) and not has_role(by, Role.ADMINISTRATOR):
        raise Forbidden(
            "Only an administrator may make tokens for administration or intake.",
            "Токены для управления и приёма создаёт только администратор.",
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The end must lie ahead.", "Срок уже прошёл.", fields={"expires_at": "in the past"})
    if len(tokens.list_tokens(by.person_id)) >= MOST_TOKENS:
        raise Conflict("Too many tokens. Revoke one first.", "Слишком много токенов. Сначала отзовите лишний.")
    with transaction.atomic():
        token, secret = tokens.make_token(by.person_id, name=name, scopes=scopes, expires_at=expires_at)
        audit.record(by, "token.made", "token", token.id, None, {"name": name, "scopes": token.scopes})
    return token, secret


def list_tokens(person_id: int | None, *, by: Actor) -> list[TokenView]:
    """One's own (None), or another person's for administrators. Raises Forbidden."""
    if person_id is not None and person_id != by.person_id:
        check_administrator(by)
    return tokens.list_tokens(by.person_id if person_id is None else person_id)


def revoke_token(token_id: int, *, by: Actor) -> None:
    """One's own; administrators revoke anybody's. Raises NotFound."""
    with transaction.atomic():
        tokens.revoke_token(token_id, person_id=None if has_role(by, Role.ADMINISTRATOR) else by.person_id)
        audit.record(by, "token.revoked", "token", token_id)
