"""What providers post to us: stored as it came, then answered."""

import msgspec
from ninja import Router

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.rules import MEGABYTE, rules
from uzel.channelkit.contract import Hook
from uzel.store.hooks import take_hook

router = Router(tags=["hooks"])
UNGUARDED = {"needs_key": False, "guards_browsers": False, "is_paced": False, "max_body": 40 * MEGABYTE}


class Taken(msgspec.Struct):
    """``new`` is false when it had been brought before."""

    new: bool


@router.post("/hooks/{int:channel_id}", auth=None)
@rules(**UNGUARDED)
@answers(Taken)
def take_signed(request: Request, channel_id: int) -> Taken:
    """A webhook that its provider signs, or anything from a program whose token has the scope ``intake``."""
    return _take(request, channel_id, "")


@router.post("/hooks/{int:channel_id}/{token}", auth=None)
@rules(**UNGUARDED)
@answers(Taken)
def take_by_token(request: Request, channel_id: int, token: str) -> Taken:
    """A webhook whose address holds the channel's secret."""
    return _take(request, channel_id, token)


def _take(request: Request, channel_id: int, token: str) -> Taken:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "")
    hook = Hook(headers=headers, body=request.body, query=query, token=token)
    may_bring_anything = request.signed is not None and "intake" in request.signed.scopes
    return Taken(take_hook(channel_id, hook, may_bring_anything=may_bring_anything))
