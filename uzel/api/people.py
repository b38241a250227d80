"""People: finding them, their cards, their addresses, and which cards are of one person."""

import datetime as dt
from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.shapes.people import People, PersonBack, PersonMergeDone, PersonProfile, SignedOut, SuggestionAccepted
from uzel.api.tickets import HandleIn, Id
from uzel.domain.permissions import Actor
from uzel.services.people import add_handle, add_person, change_person, end_handle
from uzel.services.rights import check_agent
from uzel.services.staffing import sign_out_person
from uzel.services.suggesting import accept, dismiss
from uzel.services.uniting import part, unite
from uzel.store.queries.people import PAGE, fetch_people, fetch_profile

router = Router(tags=["people"])


@router.get("/people")
@answers(People)
def people(
    request: Request, q: str = Query("", max_length=200), cursor: str | None = Query(None, pattern=r"^[0-9]{1,18}$")
) -> dict[str, Any]:
    """Find people by name or address; without ``q`` the newest cards. For agents."""
    check_agent(request.actor)
    rows = fetch_people(q.replace("\0", ""), int(cursor) if cursor else None, request.actor)
    return {"items": rows[:PAGE], "next": str(rows[PAGE - 1]["id"]) if len(rows) > PAGE else None}


class PersonIn(Body):
    name: Text = Field(min_length=1, max_length=200)
    handle: HandleIn | None = None
    organization_id: Id | None = None


@router.post("/people")
@answers(PersonProfile, status=201)
def add(request: Request, body: PersonIn) -> dict[str, Any]:
    """A new card. 409 when somebody has that address already."""
    handle = body.handle.new() if body.handle else None
    return _profile(
        add_person(body.name, handle, organization_id=body.organization_id, by=request.actor), request.actor
    )


@router.get("/people/{person_id}")
@answers(PersonProfile)
def profile(request: Request, person_id: Id) -> dict[str, Any]:
    """A person's card, for agents."""
    return _profile(person_id, request.actor)


class PersonChanges(Body):
    name: Text | None = Field(None, max_length=200)
    language: Literal["ru", "en"] | None = None
    time_zone: Text | None = Field(None, max_length=64)
    organization_id: Id | None = None
    preferred_channel: Text | None = Field(None, max_length=32)
    quiet_from: dt.time | None = None
    quiet_until: dt.time | None = None
    is_provisional: Literal[False] | None = None
    sees_organization: bool | None = None


NULLABLE = frozenset({"organization_id", "quiet_from", "quiet_until"})


@router.patch("/people/{person_id}")
@answers(PersonProfile)
def change(request: Request, person_id: Id, body: PersonChanges) -> dict[str, Any]:
    """Change a card; only what is named changes."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    return _profile(change_person(person_id, changes, by=request.actor), request.actor)


class HandleAdded(HandleIn):
    is_shared: bool = False


@router.post("/people/{person_id}/handles")
@answers(PersonProfile, status=201)
def add_address(request: Request, person_id: Id, body: HandleAdded) -> dict[str, Any]:
    """Another address, claimed until it is proved."""
    return _profile(add_handle(person_id, body.new(), is_shared=body.is_shared, by=request.actor), request.actor)


@router.delete("/handles/{handle_id}")
@answers(PersonProfile)
def end_address(request: Request, handle_id: Id) -> dict[str, Any]:
    """An address is not theirs any more."""
    return _profile(end_handle(handle_id, by=request.actor), request.actor)


@router.post("/people/{person_id}/sign-out")
@answers(SignedOut)
def sign_out(request: Request, person_id: Id) -> SignedOut:
    """End all sessions and revoke all tokens of somebody. For administrators."""
    sessions, tokens = sign_out_person(person_id, by=request.actor)
    return SignedOut(sessions=sessions, tokens=tokens)


class PersonMergeIn(Body):
    into: Id


@router.post("/people/{person_id}/merge")
@answers(PersonMergeDone)
def merge(request: Request, person_id: Id, body: PersonMergeIn) -> PersonMergeDone:
    """Make another card the one card of both."""
    journal = unite(person_id, body.into, by=request.actor)
    return PersonMergeDone(merge_id=journal.id, person_id=journal.winner_id)


@router.post("/person-merges/{merge_id}/undo")
@answers(PersonBack)
def undo_merge(request: Request, merge_id: Id) -> PersonBack:
    """Two cards again."""
    return PersonBack(person_id=part(merge_id, by=request.actor))


class AcceptIn(Body):
    join_ticket: bool = False


@router.post("/suggestions/{suggestion_id}/accept")
@answers(SuggestionAccepted)
def accept_suggestion(request: Request, suggestion_id: Id, body: AcceptIn) -> SuggestionAccepted:
    """Yes, the same person; ``join_ticket`` also merges the newest open tickets of both."""
    people, tickets = accept(suggestion_id, join_ticket=body.join_ticket, by=request.actor)
    return SuggestionAccepted(people.id, people.winner_id, tickets.id if tickets else None)


@router.post("/suggestions/{suggestion_id}/dismiss")
@answers(None, status=204)
def dismiss_suggestion(request: Request, suggestion_id: Id) -> None:
    """No, somebody else."""
    dismiss(suggestion_id, by=request.actor)


def _profile(person_id: int, actor: Actor) -> dict[str, Any]:
    check_agent(actor)
    return fetch_profile(person_id, actor)
