"""Quarantine, for administrators: what could not be taken in; and dispatches that did not arrive, for agents."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from uzel.api.answers import answers, answers_bytes
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.rules import MEGABYTE, rules
from uzel.api.shapes.desk import Deliveries
from uzel.api.shapes.entries import Entry
from uzel.api.tickets import Id
from uzel.services.quarantine import PAGE, list_quarantined, read_body, replace_body, replay
from uzel.services.resending import resend, send_by
from uzel.store.queries.ticket_page import fetch_entry

router = Router(tags=["deliveries"])


@router.get("/deliveries")
@answers(Deliveries)
def deliveries(
    request: Request,
    state: Literal["quarantined"] = "quarantined",
    cursor: str | None = Query(None, pattern=r"^[0-9]{1,18}$"),
) -> dict[str, Any]:
    """What could not be taken in, the newest first."""
    rows = list_quarantined(before=int(cursor) if cursor else None, by=request.actor)
    return {"items": rows[:PAGE], "next": str(rows[PAGE - 1]["id"]) if len(rows) > PAGE else None}


@router.get("/deliveries/{delivery_id}/body")
@answers_bytes("application/octet-stream")
def body(request: Request, delivery_id: Id) -> HttpResponse:
    """The bytes as the channel brought them, as a file."""
    headers = {
        "Content-Disposition": f'attachment; filename="delivery-{delivery_id}.bin"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(
        read_body(delivery_id, by=request.actor), content_type="application/octet-stream", headers=headers
    )


@router.put("/deliveries/{delivery_id}/body")
@rules(max_body=40 * MEGABYTE)
@answers(None, status=204)
def mend(request: Request, delivery_id: Id) -> None:
    """Put a mended body in the place of the one that could not be read. The request's body is taken as it is."""
    replace_body(delivery_id, request.body, by=request.actor)


@router.post("/deliveries/{delivery_id}/replay")
@answers(None, status=204)
def take_in_again(request: Request, delivery_id: Id) -> None:
    """Take it in again; if that fails, it comes back here."""
    replay(delivery_id, by=request.actor)


@router.post("/dispatches/{dispatch_id}/resend")
@answers(Entry)
def send_again(request: Request, dispatch_id: Id) -> dict[str, Any]:
    """Send what failed once more by the same way."""
    return fetch_entry(resend(dispatch_id, by=request.actor), request.actor)


class SendByIn(Body):
    """``to``: the value of a current handle; empty: the best of the requester's."""

    channel_id: Id
    to: Text = Field("", max_length=320)


@router.post("/dispatches/{dispatch_id}/send-by")
@answers(Entry)
def send_otherwise(request: Request, dispatch_id: Id, body: SendByIn) -> dict[str, Any]:
    """Send the same words by another channel."""
    return fetch_entry(send_by(dispatch_id, body.channel_id, body.to, by=request.actor), request.actor)
