"""What the desk serves by: teams, and services with their categories."""

from typing import Annotated, Any, Literal

from ninja import Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.shapes.desk import Saved, Services, Teams
from uzel.api.tickets import Id
from uzel.domain.permissions import Role, has_role
from uzel.services.administering import save_category, save_service, save_team
from uzel.services.rights import check_agent
from uzel.store.queries.desk import list_services, list_teams

router = Router(tags=["catalogue"])
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Keywords = Annotated[list[Annotated[Text, Field(min_length=1, max_length=60)]], Field(max_length=200)]
Kind = Literal["incident", "request", "question"]


@router.get("/teams")
@answers(Teams)
def teams(request: Request) -> dict[str, Any]:
    """Teams with their members; switched-off ones for administrators only."""
    check_agent(request.actor)
    return {"items": list_teams(all=has_role(request.actor, Role.ADMINISTRATOR))}


@router.get("/services")
@answers(Services)
def services(request: Request) -> dict[str, Any]:
    """The catalogue, for everybody who is signed in; switched-off services for administrators only."""
    return {"items": list_services(all=has_role(request.actor, Role.ADMINISTRATOR))}


class ServiceChanges(Body):
    name_ru: Name | None = None
    name_en: Name | None = None
    team_id: Id | None = None
    keywords: Keywords | None = None
    position: int | None = Field(None, ge=0, le=30_000)
    is_active: bool | None = None


class ServiceIn(ServiceChanges):
    name_ru: Name
    name_en: Name


@router.post("/services")
@answers(Saved, status=201)
def add_service(request: Request, body: ServiceIn) -> Saved:
    return Saved(save_service(None, given(body, "team_id"), by=request.actor))


@router.patch("/services/{service_id}")
@answers(Saved)
def change_service(request: Request, service_id: Id, body: ServiceChanges) -> Saved:
    return Saved(save_service(service_id, given(body, "team_id"), by=request.actor))


class CategoryChanges(Body):
    name_ru: Name | None = None
    name_en: Name | None = None
    keywords: Keywords | None = None
    kind: Kind | None = None
    is_active: bool | None = None


class CategoryIn(CategoryChanges):
    service_id: Id
    name_ru: Name
    name_en: Name


@router.post("/categories")
@answers(Saved, status=201)
def add_category(request: Request, body: CategoryIn) -> Saved:
    return Saved(save_category(None, given(body), by=request.actor))


@router.patch("/categories/{category_id}")
@answers(Saved)
def change_category(request: Request, category_id: Id, body: CategoryChanges) -> Saved:
    return Saved(save_category(category_id, given(body), by=request.actor))


class TeamChanges(Body):
    """``agent_ids``: the members from now on."""

    name_ru: Name | None = None
    name_en: Name | None = None
    is_restricted: bool | None = None
    is_default: Literal[True] | None = None
    is_active: bool | None = None
    agent_ids: Annotated[list[Id], Field(max_length=1000)] | None = None


class TeamIn(TeamChanges):
    name_ru: Name
    name_en: Name


@router.post("/teams")
@answers(Saved, status=201)
def add_team(request: Request, body: TeamIn) -> Saved:
    return Saved(save_team(None, given(body), by=request.actor))


@router.patch("/teams/{team_id}")
@answers(Saved)
def change_team(request: Request, team_id: Id, body: TeamChanges) -> Saved:
    return Saved(save_team(team_id, given(body), by=request.actor))


def given(body: Body, *nullable: str) -> dict[str, Any]:
    """What the caller named; null counts only where it empties something."""
    named = body.model_dump(exclude_unset=True)
    return {name: value for name, value in named.items() if value is not None or name in nullable}
