"""What a signed-in person is told of themselves."""

import datetime as dt
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from uzel.domain.permissions import Actor
from uzel.store import audit
from uzel.store.models import Account, Agent, Handle, Organization, Person, Team
from uzel.store.models.people import Proof

PROOF_NAMES = {proof: proof.name.lower() for proof in Proof}


class HandleView(msgspec.Struct, kw_only=True):
    id: int
    kind: str
    value: str
    shown: str
    proof: str  # claimed | probable | proven
    evidence: str
    is_shared: bool


class TeamName(msgspec.Struct):
    id: int
    name_ru: str
    name_en: str


class OrganizationName(msgspec.Struct):
    id: int
    name: str


class Me(msgspec.Struct, kw_only=True):
    person_id: int
    name: str
    role: str  # requester | agent | lead | administrator
    agent_id: int | None
    language: str
    time_zone: str
    teams: list[TeamName]
    organization: OrganizationName | None
    availability: str | None
    demo: bool
    has_password: bool
    handles: list[HandleView]
    sees_organization: bool
    preferred_channel: str
    quiet_from: dt.time | None
    quiet_until: dt.time | None


def find_me(person_id: int, *, role: str) -> Me:
    person = Person.objects.select_related("organization", "agent", "account").get(id=person_id)
    account: Account | None = getattr(person, "account", None)
    agent: Agent | None = getattr(person, "agent", None)
    active = agent if agent is not None and agent.is_active else None
    return Me(
        person_id=person.id,
        name=person.name,
        role=role,
        agent_id=active.id if active else None,
        language=person.language,
        time_zone=person.time_zone,
        teams=_teams(active.id) if active else [],
        organization=_organization(person.organization),
        availability=active.availability if active else None,
        demo=settings.IS_DEMO,
        has_password=bool(account is not None and account.password),
        handles=list_handles(person_id),
        sees_organization=person.sees_organization,
        preferred_channel=person.preferred_channel,
        quiet_from=person.quiet_from,
        quiet_until=person.quiet_until,
    )


def list_handles(person_id: int) -> list[HandleView]:
    """The addresses that stand now, the best proven first."""
    rows = Handle.objects.filter(person_id=person_id, valid_until=None).order_by("-proof", "id")
    return [
        HandleView(
            id=row.id,
            kind=row.kind,
            value=row.value,
            shown=row.shown or row.value,
            proof=PROOF_NAMES[Proof(row.proof)],
            evidence=row.evidence,
            is_shared=row.is_shared,
        )
        for row in rows
    ]


@transaction.atomic
def change_me(person_id: int, agent_id: int | None, changes: dict[str, Any]) -> None:
    """``changes`` hold only what a person may say of themselves; ``availability`` is the agent's."""
    if not changes:
        return
    own = {name: value for name, value in changes.items() if name != "availability"}
    person = Person.objects.select_for_update().get(id=person_id)
    before = {name: getattr(person, name) for name in own}
    Person.objects.filter(id=person_id).update(**own)
    if "availability" in changes and agent_id is not None:
        Agent.objects.filter(id=agent_id).update(availability=changes["availability"])
    audit.record(Actor(person_id=person_id, agent_id=agent_id), "edit", "person", person_id, before, changes)


def _teams(agent_id: int) -> list[TeamName]:
    rows = Team.objects.filter(members__agent_id=agent_id).order_by("id").values_list("id", "name_ru", "name_en")
    return [TeamName(*row) for row in rows]


def _organization(organization: Organization | None) -> OrganizationName | None:
    return OrganizationName(organization.id, organization.name) if organization else None
