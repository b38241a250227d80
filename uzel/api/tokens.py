"""Programs' keys."""

import datetime as dt
from typing import Literal

import msgspec
from ninja import Router
from pydantic import AwareDatetime, Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.rules import rules
from uzel.api.tickets import Id
from uzel.services import tokens as services
from uzel.store.tokens import TokenView

router = Router(tags=["tokens"])


class NewToken(Body):
    name: Text = Field(min_length=1, max_length=100)
    scopes: list[Literal["read", "write", "admin", "intake"]] = Field(min_length=1, max_length=4)
    expires_at: AwareDatetime | None = None


class MadeToken(msgspec.Struct, kw_only=True):
    """``secret`` is told this once: put it into the program now."""

    id: int
    name: str
    scopes: list[str]
    expires_at: dt.datetime | None
    secret: str


class TokenList(msgspec.Struct):
    items: list[TokenView]


@router.get("/tokens")
@answers(TokenList)
def list_standing(request: Request, person_id: Id | None = None) -> TokenList:
    """One's own tokens; for administrators with ``person_id`` those of that person."""
    return TokenList(services.list_tokens(person_id, by=request.actor))


@router.post("/tokens")
@rules(is_secret=True)
@answers(MadeToken, status=201)
def make(request: Request, body: NewToken) -> MadeToken:
    """Make a token. It acts as its maker, within its scopes."""
    token, secret = services.make_token(
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        by=request.actor,
        by_program=request.signed.token_id is not None,
    )
    return MadeToken(id=token.id, name=token.name, scopes=token.scopes, expires_at=token.expires_at, secret=secret)


@router.delete("/tokens/{int:token_id}")
@answers(None, status=204)
def revoke(request: Request, token_id: int) -> None:
    """Revoke a token at once: one's own, or for administrators anybody's."""
    services.revoke_token(token_id, by=request.actor)
