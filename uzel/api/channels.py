"""Channels: what agents can use, how administrators set them up and test them."""

from typing import Any

import msgspec
from ninja import Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.catalogue import Name, given
from uzel.api.shapes.desk import ChannelKinds, Channels, Findings, Saved
from uzel.api.tickets import Id
from uzel.domain.permissions import Role, has_role
from uzel.services.administering import check_channel, list_kinds, save_channel
from uzel.services.rights import check_agent
from uzel.store.queries.desk import list_channels

router = Router(tags=["channels"])
NULLABLE = ("default_team_id", "default_service_id")


@router.get("/channels")
@answers(Channels)
def channels(request: Request) -> dict[str, Any]:
    """Channels for agents; administrators also see settings (secrets masked) and health."""
    check_agent(request.actor)
    return {"items": list_channels(is_administrator=has_role(request.actor, Role.ADMINISTRATOR))}


@router.get("/channel-kinds")
@answers(ChannelKinds)
def kinds(request: Request) -> dict[str, Any]:
    """The settings form of each installed kind, for administrators."""
    found = list_kinds(by=request.actor)
    return {"items": [{"kind": kind, "fields": msgspec.to_builtins(fields)} for kind, fields in found.items()]}


class ChannelChanges(Body):
    name: Name | None = None
    settings: dict[Text, str | int | bool | None] | None = None
    is_active: bool | None = None
    auto_reply: bool | None = None
    join_at: int | None = Field(None, ge=0, le=200)
    ask_at: int | None = Field(None, ge=0, le=200)
    default_team_id: Id | None = None
    default_service_id: Id | None = None


class ChannelIn(ChannelChanges):
    kind: str = Field(min_length=1, max_length=32)
    name: Name


@router.post("/channels")
@answers(Saved, status=201)
def add_channel(request: Request, body: ChannelIn) -> Saved:
    return Saved(save_channel(None, given(body, *NULLABLE), by=request.actor))


@router.patch("/channels/{channel_id}")
@answers(Saved)
def change_channel(request: Request, channel_id: Id, body: ChannelChanges) -> Saved:
    """Settings go over what stands; the mask in the place of a secret leaves it as it is."""
    return Saved(save_channel(channel_id, given(body, *NULLABLE), by=request.actor))


@router.post("/channels/{channel_id}/check")
@answers(Findings)
def check(request: Request, channel_id: Id) -> dict[str, Any]:
    """Really connect, and say what is wrong and how to mend it."""
    return {"findings": msgspec.to_builtins(check_channel(channel_id, by=request.actor))}
