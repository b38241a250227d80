"""The limit for Python: the product's own statements through bare Starlette + asyncpg + msgspec.

Run by the bench as a process of its own; needs the packages of the ``dev`` group.
"""

import hashlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from uzel.store import setup

setup()

from uzel.domain.permissions import Actor  # noqa: E402 - Django must be set up before
from uzel.store.access import _BY_SESSION  # noqa: E402
from uzel.store.deliveries import _STORE  # noqa: E402
from uzel.store.queries.audience import reader  # noqa: E402
from uzel.store.queries.ticket_list import desk_list  # noqa: E402
from uzel.store.queries.ticket_page import page_query  # noqa: E402
from uzel.store.sql import Query  # noqa: E402

_PLACE = re.compile(r"%\((\w+)\)s")
encode = msgspec.json.Encoder().encode


class Numbered:
    """A named query with asyncpg's ``$1`` places."""

    def __init__(self, query: Query) -> None:
        self.names: list[str] = list(dict.fromkeys(_PLACE.findall(query.text)))
        places = {name: f"${number}" for number, name in enumerate(self.names, 1)}
        self.text = _PLACE.sub(lambda found: places[found[1]], query.text).replace("%%", "%")

    def values(self, params: Mapping[str, Any]) -> list[Any]:
        return [params[name] for name in self.names]


SESSION = Numbered(_BY_SESSION)
LIST = Numbered(desk_list("open", "administrator", (), False, 51))
PAGE = Numbered(page_query("administrator"))
STORE = Numbered(_STORE)


async def _actor(pool: asyncpg.Pool, request: Request) -> Actor:
    digest = hashlib.sha256(request.cookies["uzel_session"].encode()).digest()
    row = await pool.fetchrow(SESSION.text, *SESSION.values({"hash": digest}))
    return Actor(
        person_id=row["person_id"],
        agent_id=row["agent_id"],
        role=row["role"],
        team_ids=frozenset(row["team_ids"]),
        organization_id=row["organization_id"],
        sees_organization=row["sees_organization"],
    )


async def tickets(request: Request) -> Response:
    pool = request.app.state.pool
    params = reader(await _actor(pool, request))
    rows = await pool.fetch(LIST.text, *LIST.values(params))
    return _json({"items": [dict(row) for row in rows[:50]], "next": None})


async def ticket(request: Request) -> Response:
    pool = request.app.state.pool
    params = reader(await _actor(pool, request)) | {"number": int(request.path_params["number"].removeprefix("U-"))}
    rows = await pool.fetch(PAGE.text, *PAGE.values(params))
    head = msgspec.Raw(rows[0]["head"].encode())
    return _json({"ticket": head, "entries": [{k: v for k, v in row.items() if k != "head"} for row in rows]})


async def hook(request: Request) -> Response:
    body = await request.body()
    external_id = request.headers["idempotency-key"]
    values = {"channel": int(request.path_params["channel"]), "external_id": external_id, "received_at": None}
    values |= {"headers": "{}", "body": body, "blob": None, "size": len(body)}
    await request.app.state.pool.fetchval(STORE.text, *STORE.values(values))
    return Response(status_code=200)


def _json(value: Any) -> Response:
    return Response(encode(value), media_type="application/json")


@asynccontextmanager
async def _pool(app: Starlette) -> AsyncIterator[None]:
    async def bare(connection: asyncpg.Connection) -> None:  # no reset query between requests
        return None

    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=8, reset=bare) as pool:
        app.state.pool = pool
        yield


app = Starlette(
    lifespan=_pool,
    routes=[
        Route("/api/v1/tickets", tickets),
        Route("/api/v1/tickets/{number}", ticket),
        Route("/api/v1/hooks/{channel}/{token}", hook, methods=["POST"]),
        Route("/api/v1/me", lambda _: Response(status_code=401)),
    ],
)
