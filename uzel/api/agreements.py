"""Who takes part in a ticket, and what was promised in it."""

from typing import Literal, cast

from django.http import HttpResponse
from ninja import Router
from pydantic import AwareDatetime, Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.numbers import ticket_number
from uzel.api.pages import page_answer
from uzel.api.shapes.tickets import Promise, TicketPage
from uzel.api.tickets import HandleIn, Id, RequesterIn
from uzel.services.participating import leave_out, let_in
from uzel.services.promising import decide, promise
from uzel.services.requesting import change_requester
from uzel.store import models

router = Router(tags=["agreements"])


class ParticipantIn(Body):
    """A known person or an address; ``participant`` reads and writes, ``watcher`` is told."""

    person_id: Id | None = None
    handle: HandleIn | None = None
    role: Literal["participant", "watcher"] = "participant"


@router.post("/tickets/{number}/participants")
@answers(TicketPage, status=201)
def add_participant(request: Request, number: str, body: ParticipantIn) -> HttpResponse:
    """Let somebody take part in the ticket."""
    handle = body.handle.new() if body.handle else None
    id = let_in(ticket_number(number), person_id=body.person_id, handle=handle, role=body.role, by=request.actor)
    return page_answer(id, request.actor, 201)


@router.delete("/tickets/{number}/participants/{person_id}")
@answers(TicketPage)
def remove_participant(request: Request, number: str, person_id: Id) -> HttpResponse:
    """Somebody no longer takes part."""
    return page_answer(leave_out(ticket_number(number), person_id, by=request.actor), request.actor)


@router.post("/tickets/{number}/requester")
@answers(TicketPage)
def give_to(request: Request, number: str, body: RequesterIn) -> HttpResponse:
    """It is somebody else's ticket: who passed it on stays with it."""
    handle = body.handle.new() if body.handle else None
    id = change_requester(
        ticket_number(number), person_id=body.person_id, name=body.name, handle=handle, by=request.actor
    )
    return page_answer(id, request.actor)


class PromiseIn(Body):
    text: Text = Field(max_length=1000)
    due_at: AwareDatetime | None = None
    entry_id: Id | None = None


@router.post("/tickets/{number}/promises")
@answers(Promise, status=201)
def add_promise(request: Request, number: str, body: PromiseIn) -> Promise:
    """Write down what was agreed."""
    made = promise(ticket_number(number), body.text, due_at=body.due_at, entry_id=body.entry_id, by=request.actor)
    return _shown(made)


class PromiseState(Body):
    state: Literal["open", "kept", "broken", "withdrawn"]


@router.patch("/promises/{promise_id}")
@answers(Promise)
def decide_promise(request: Request, promise_id: Id, body: PromiseState) -> Promise:
    """Say what became of a promise."""
    return _shown(decide(promise_id, body.state, by=request.actor))


def _shown(made: models.Promise) -> Promise:
    return Promise(
        id=made.id,
        text=made.text,
        due_at=made.due_at,
        made_by_name=made.made_by.person.name,
        state=cast(Literal["open", "kept", "broken", "withdrawn"], made.state),
        created_at=made.created_at,
        entry_id=made.entry_id,
    )
