"""Correcting the chain: merging, splitting, moving, and taking each of these back."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.numbers import named_ticket, ticket_number
from uzel.api.pages import page_answer, ticket_page
from uzel.api.shapes.entries import Entry, UndoneJoin
from uzel.api.shapes.tickets import MergeDone, SplitDone, TicketPage
from uzel.api.tickets import Id
from uzel.services.merging import merge, unmerge
from uzel.services.moving import move, undo_join
from uzel.services.splitting import split, unsplit
from uzel.store.queries.ticket_page import fetch_entry

router = Router(tags=["chain"])
Number = Annotated[str, Field(min_length=1, max_length=20)]


class MergeIn(Body):
    into: Number


@router.post("/tickets/{number}/merge")
@answers(MergeDone)
def merge_into(request: Request, number: str, body: MergeIn) -> dict[str, Any]:
    """Put all of this ticket into another; its number leads there from now on."""
    journal = merge(ticket_number(number), named_ticket(body.into, "into"), by=request.actor)
    return {"merge_id": journal.id, "ticket": ticket_page(journal.winner_id, request.actor)}


@router.post("/merges/{merge_id}/undo")
@answers(TicketPage)
def undo_merge(request: Request, merge_id: Id) -> HttpResponse:
    """Take a merge back; gives the ticket that stands by itself again."""
    return page_answer(unmerge(merge_id, by=request.actor), request.actor)


class SplitIn(Body):
    entry_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    subject: Text = Field("", max_length=250)


@router.post("/tickets/{number}/split")
@answers(SplitDone, status=201)
def split_off(request: Request, number: str, body: SplitIn) -> dict[str, Any]:
    """Take entries into a new ticket of whoever wrote the first of them."""
    journal = split(ticket_number(number), body.entry_ids, subject=body.subject, by=request.actor)
    return {"split_id": journal.id, "ticket": ticket_page(journal.target_id, request.actor)}


@router.post("/splits/{split_id}/undo")
@answers(TicketPage)
def undo_split(request: Request, split_id: Id) -> HttpResponse:
    """Put everything back; gives the ticket that it came from."""
    return page_answer(unsplit(split_id, by=request.actor), request.actor)


class MoveIn(Body):
    to: Number


@router.post("/entries/{entry_id}/move")
@answers(Entry)
def move_entry(request: Request, entry_id: Id, body: MoveIn) -> dict[str, Any]:
    """Put an entry into the ticket that it belongs to."""
    return fetch_entry(move(entry_id, named_ticket(body.to, "to"), by=request.actor), request.actor)


@router.post("/joins/{join_id}/undo")
@answers(UndoneJoin)
def undo(request: Request, join_id: Id) -> dict[str, Any]:
    """The entry does not belong here: back to where it stood before, else into a ticket of its own sender."""
    entry_id, ticket_id = undo_join(join_id, by=request.actor)
    return {"entry": fetch_entry(entry_id, request.actor), "number": f"U-{ticket_id}"}
