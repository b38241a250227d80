"""What is written into a ticket: replies, messages, notes; taking a reply back; reading; who looks."""

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.numbers import ticket_number
from uzel.api.pages import page_answer
from uzel.api.rules import rules
from uzel.api.shapes.entries import Entry
from uzel.api.shapes.tickets import TicketPage, Vias
from uzel.api.tickets import Id, Uploads
from uzel.services.asking import ask
from uzel.services.assigning import take
from uzel.services.confirming import confirm, reopen
from uzel.services.noting import note
from uzel.services.reaching import get_vias
from uzel.services.reading import read_up_to, show_presence
from uzel.services.registering import own_channel
from uzel.services.replying import Reply, reply
from uzel.services.withdrawing import withdraw
from uzel.store.queries.ticket_page import fetch_entry
from uzel.store.reach import find_root

router = Router(tags=["writing"])


class ViaIn(Body):
    """``to``: the value of a current handle; empty: where the person wrote from last."""

    channel_id: Id
    to: Text = Field("", max_length=320)


class ReplyIn(Body):
    """``via`` is for agents: a channel with an address, or ``portal``; without it the default way is taken."""

    text: Text = Field("", max_length=200_000)
    html: Text = Field("", max_length=500_000)
    via: ViaIn | Literal["portal"] | None = None
    cc: Annotated[list[Annotated[Text, Field(max_length=320)]], Field(max_length=20)] = []
    status_after: str | None = Field(None, max_length=16)
    uploads: Uploads = []
    client_key: uuid.UUID | None = None

    def reply(self) -> Reply:
        via = self.via
        channel_id = via.channel_id if isinstance(via, ViaIn) else own_channel().id if via else None
        return Reply(
            text=self.text,
            html=self.html,
            channel_id=channel_id,
            to=via.to if isinstance(via, ViaIn) else "",
            cc=self.cc,
            status_after=self.status_after,
            uploads=self.uploads,
            client_key=self.client_key,
        )


@router.post("/tickets/{number}/replies")
@answers(Entry, status=201)
def write(request: Request, number: str, body: ReplyIn) -> dict[str, Any]:
    """Answer the person, or (outside the desk) write to those who serve. A reply can be withdrawn for 10 seconds."""
    id, by = ticket_number(number), request.actor
    if find_root(id, by).is_desk:
        entry_id = reply(id, body.reply(), by=by)
    else:
        entry_id = ask(id, body.text, uploads=body.uploads, client_key=body.client_key, by=by)
    return fetch_entry(entry_id, by)


class NoteIn(Body):
    text: Text = Field("", max_length=200_000)
    uploads: Uploads = []
    client_key: uuid.UUID | None = None


@router.post("/tickets/{number}/notes")
@answers(Entry, status=201)
def write_note(request: Request, number: str, body: NoteIn) -> dict[str, Any]:
    """Write what only the desk reads."""
    id = ticket_number(number)
    entry_id = note(id, body.text, uploads=body.uploads, client_key=body.client_key, by=request.actor)
    return fetch_entry(entry_id, request.actor)


@router.post("/entries/{entry_id}/withdraw")
@answers(Entry)
def take_back(request: Request, entry_id: Id) -> dict[str, Any]:
    """Stop a reply from leaving. 409 once it is on its way."""
    return fetch_entry(withdraw(entry_id, by=request.actor), request.actor)


@router.get("/tickets/{number}/vias")
@answers(Vias)
def vias(request: Request, number: str) -> dict[str, Any]:
    """By what the requester can be reached, the default way marked."""
    return {"items": get_vias(ticket_number(number), by=request.actor)}


@router.post("/tickets/{number}/take")
@answers(TicketPage)
def take_it(request: Request, number: str) -> HttpResponse:
    """Own a ticket that nobody owns. 409 when somebody was first."""
    return page_answer(take(ticket_number(number), by=request.actor), request.actor)


class ConfirmIn(Body):
    comment: Text = Field("", max_length=20_000)


@router.post("/tickets/{number}/confirm")
@answers(TicketPage)
def confirm_it(request: Request, number: str, body: ConfirmIn) -> HttpResponse:
    """The person says that the solution works: the ticket closes."""
    return page_answer(confirm(ticket_number(number), comment=body.comment, by=request.actor), request.actor)


class ReopenIn(Body):
    text: Text = Field("", max_length=20_000)


@router.post("/tickets/{number}/reopen")
@answers(TicketPage)
def reopen_it(request: Request, number: str, body: ReopenIn) -> HttpResponse:
    """It does not work after all: back to the same owner."""
    return page_answer(reopen(ticket_number(number), text=body.text, by=request.actor), request.actor)


class ReadIn(Body):
    entry_id: Id


@router.post("/tickets/{number}/read")
@rules(is_repeatable=True)
@answers(None, status=204)
def read(request: Request, number: str, body: ReadIn) -> None:
    """Everything up to this entry is read."""
    read_up_to(ticket_number(number), body.entry_id, by=request.actor)


class PresenceIn(Body):
    state: Literal["viewing", "writing", "gone"]


@router.post("/tickets/{number}/presence")
@rules(is_repeatable=True)
@answers(None, status=204)
def presence(request: Request, number: str, body: PresenceIn) -> None:
    """Tell the desk what one does with the ticket right now; nothing is kept."""
    show_presence(ticket_number(number), body.state, by=request.actor)
