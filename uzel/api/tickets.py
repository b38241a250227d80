"""Lists and pages of tickets, opening them, changing their fields."""

import uuid
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import AwareDatetime, Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import IF_MATCH, Body, Text, expected_version
from uzel.api.numbers import ticket_number
from uzel.api.pages import head_answer, page_answer
from uzel.api.rules import rules
from uzel.api.shapes.entries import Entries
from uzel.api.shapes.tickets import Counts, Ticket, TicketPage, Tickets
from uzel.services.editing import edit
from uzel.services.labelling import Labels
from uzel.services.meeting import NewHandle
from uzel.services.registering import NewTicket, Requester, register_for, register_own
from uzel.services.rights import check_agent
from uzel.store.queries.counts import fetch_counts
from uzel.store.queries.ticket_list import Wanted, fetch_list, search_filter
from uzel.store.queries.ticket_page import fetch_earlier

router = Router(tags=["tickets"])
Id = Annotated[int, Field(ge=1, le=2**62)]
Kind = Literal["incident", "request", "question"]
Uploads = Annotated[list[uuid.UUID], Field(max_length=20)]


class ListQuery(Body):
    """``scope``: ``desk`` is the default of agents, ``own`` of everybody else; ``organization`` where allowed."""

    view: str = Field("open", max_length=20)
    scope: Literal["desk", "own", "organization"] | None = None
    team: Id | None = None
    service: Id | None = None
    requester: Id | None = None
    q: Text | None = Field(None, max_length=200)
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=200)


@router.get("/tickets")
@answers(Tickets)
def tickets(request: Request, query: Query[ListQuery]) -> dict[str, Any]:
    """One page of a list: ``open mine my-teams unassigned waiting due all closed``; outside the desk
    ``open all closed`` of one's own."""
    scope = query.scope or ("own" if request.actor.agent_id is None else "desk")
    filters = {name: value for name in ("team", "service", "requester") if (value := getattr(query, name)) is not None}
    filters |= search_filter(query.q) if query.q else {}
    wanted = Wanted(view=query.view, filters=filters, scope=scope, cursor=query.cursor, limit=query.limit)
    items, following = fetch_list(wanted, request.actor)
    return {"items": items, "next": following}


@router.get("/tickets/counts")
@answers(Counts)
def counts(request: Request) -> dict[str, int]:
    """Open tickets per view, for agents."""
    check_agent(request.actor)
    return fetch_counts(request.actor)


class HandleIn(Body):
    kind: str = Field(min_length=1, max_length=32)
    value: Text = Field(min_length=1, max_length=320)

    def new(self) -> NewHandle:
        return NewHandle(self.kind, self.value)


class RequesterIn(Body):
    """A known person, or a name with the address they were met at."""

    person_id: Id | None = None
    name: Text = Field("", max_length=200)
    handle: HandleIn | None = None


class TicketIn(Body):
    """``requester`` is for agents; everybody else asks for themselves. ``client_key`` makes a retry harmless."""

    requester: RequesterIn | None = None
    subject: Text = Field("", max_length=250)
    text: Text = Field("", max_length=200_000)
    channel_id: Id | None = None
    service_id: Id | None = None
    category_id: Id | None = None
    kind: Kind | None = None
    impact: int = Field(2, ge=1, le=3)
    urgency: int = Field(2, ge=1, le=3)
    due_at: AwareDatetime | None = None
    uploads: Uploads = []
    client_key: uuid.UUID | None = None

    def new(self) -> NewTicket:
        labels = Labels(
            service_id=self.service_id,
            category_id=self.category_id,
            impact=self.impact,
            urgency=self.urgency,
            kind=self.kind,
        )
        return NewTicket(
            subject=self.subject,
            text=self.text,
            labels=labels,
            due_at=self.due_at,
            channel_id=self.channel_id,
            uploads=self.uploads,
            client_key=self.client_key,
        )


@router.post("/tickets")
@answers(TicketPage, status=201)
def open_ticket(request: Request, body: TicketIn) -> HttpResponse:
    """Open a ticket: an agent for somebody, anybody else for themselves."""
    asker = body.requester
    if asker is None:
        return page_answer(register_own(body.new(), by=request.actor), request.actor, 201)
    handle = asker.handle.new() if asker.handle else None
    requester = Requester(person_id=asker.person_id, name=asker.name, handle=handle)
    return page_answer(register_for(requester, body.new(), by=request.actor), request.actor, 201)


@router.get("/tickets/{number}")
@answers(TicketPage)
def page(request: Request, number: str) -> HttpResponse:
    """A ticket with its newest 30 entries. A merged number gives the page of the ticket it was merged into."""
    return page_answer(ticket_number(number), request.actor)


@router.get("/tickets/{number}/entries")
@answers(Entries)
def entries(request: Request, number: str, before: Annotated[str, Field(max_length=200)]) -> dict[str, Any]:
    """Thirty entries before a mark, the oldest first."""
    items, earlier = fetch_earlier(ticket_number(number), before, request.actor)
    return {"items": items, "earlier": earlier}


class TicketChanges(Body):
    """Only what is named changes; null empties it."""

    status: str | None = Field(None, max_length=16)
    owner_id: Id | None = None
    team_id: Id | None = None
    subject: Text | None = Field(None, max_length=250)
    kind: Kind | None = None
    service_id: Id | None = None
    category_id: Id | None = None
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)
    due_at: AwareDatetime | None = None


NULLABLE = frozenset({"owner_id", "team_id", "service_id", "category_id", "due_at"})


@router.patch("/tickets/{number}")
@rules(headers=IF_MATCH)
@answers(Ticket, also={204: "Changed; it is out of your sight now."})
def change(request: Request, number: str, body: TicketChanges) -> HttpResponse:
    """Edit fields as of the version in If-Match: 428 without one, 412 (with ``current``) when it is outdated."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    edit(ticket_number(number), changes, version=expected_version(request), by=request.actor)
    return head_answer(ticket_number(number), request.actor)
