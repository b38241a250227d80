"""Agents and organisations: seen by agents, kept by administrators."""

from typing import Annotated, Any, Literal

from ninja import Query, Router
from pydantic import Field

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.api.bodies import Body, Text
from uzel.api.catalogue import Name, given
from uzel.api.shapes.desk import Agents, Organizations, Saved
from uzel.api.tickets import Id
from uzel.services.rights import check_agent
from uzel.services.staffing import add_agent, change_agent, save_organization
from uzel.store.queries.desk import list_agents, list_organizations

router = Router(tags=["catalogue"])
Role = Literal["agent", "lead", "administrator"]
TeamIds = Annotated[list[Id], Field(max_length=200)]
Domains = Annotated[list[Annotated[Text, Field(min_length=1, max_length=253)]], Field(max_length=50)]


@router.get("/agents")
@answers(Agents)
def agents(request: Request) -> dict[str, Any]:
    check_agent(request.actor)
    return {"items": list_agents()}


class AgentIn(Body):
    person_id: Id
    role: Role = "agent"
    team_ids: TeamIds = []


@router.post("/agents")
@answers(Saved, status=201)
def add(request: Request, body: AgentIn) -> Saved:
    """Make a person an agent. 409 when they are one."""
    return Saved(add_agent(body.person_id, body.role, body.team_ids, by=request.actor))


class AgentChanges(Body):
    """``team_ids``: the teams from now on. Whoever stops serving is signed out."""

    role: Role | None = None
    is_active: bool | None = None
    team_ids: TeamIds | None = None


@router.patch("/agents/{agent_id}")
@answers(Saved)
def change(request: Request, agent_id: Id, body: AgentChanges) -> Saved:
    """Change an agent. 409 for the last administrator."""
    return Saved(change_agent(agent_id, given(body), by=request.actor))


@router.get("/organizations")
@answers(Organizations)
def organizations(request: Request, q: str = Query("", max_length=200)) -> dict[str, Any]:
    check_agent(request.actor)
    return {"items": list_organizations(q.replace("\0", ""))}


class OrganizationChanges(Body):
    """``domains``: mail domains that are its own alone, not of a public mail service."""

    name: Name | None = None
    domains: Domains | None = None


class OrganizationIn(OrganizationChanges):
    name: Name


@router.post("/organizations")
@answers(Saved, status=201)
def add_organization(request: Request, body: OrganizationIn) -> Saved:
    return Saved(save_organization(None, given(body), by=request.actor))


@router.patch("/organizations/{organization_id}")
@answers(Saved)
def change_organization(request: Request, organization_id: Id, body: OrganizationChanges) -> Saved:
    return Saved(save_organization(organization_id, given(body), by=request.actor))
