"""Who serves: people become agents, change their role and teams, and stop serving."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from uzel.domain.permissions import Actor, Role
from uzel.kernel.errors import Conflict, Invalid, NotFound
from uzel.kernel.handles import EMAIL
from uzel.services.rights import check_administrator
from uzel.store.audit import record
from uzel.store.models import Account, Agent, Handle, Organization, Person, Session, Team, TeamMember
from uzel.store.models.people import Proof
from uzel.store.sessions import end_sessions
from uzel.store.tokens import revoke_tokens

FIELDS = ("role", "is_active")


@transaction.atomic
def add_agent(person_id: int, role: str, team_ids: Sequence[int], *, by: Actor) -> int:
    """Make a person an agent; gives the agent's id. Raises Conflict when they are one."""
    check_administrator(by)
    person = Person.objects.select_for_update().filter(id=person_id, merged_into=None, is_provisional=False).first()
    if person is None:
        raise Invalid(
            "There is no such person, or it is not sure who they are.",
            "Такого человека нет, или неизвестно, кто это.",
            fields={"person_id": "unknown"},
        )
    if Agent.objects.filter(person=person).exists():
        raise Conflict("They are an agent already. Change their role instead.", "Это уже специалист. Смените роль.")
    _check_can_sign_in(person)
    agent = Agent.objects.create(person=person, role=role)
    _set_teams(agent.id, team_ids)
    record(by, "create", "agent", agent.id, None, {"person": person_id, "role": role, "teams": sorted(team_ids)})
    return agent.id


def _check_can_sign_in(person: Person) -> None:
    """An agent must be able to come in. The administrator's word proves the one address that stands on the card;
    of several, nobody may pick one by guessing: it would open the desk to whoever reads that mailbox."""
    if Account.objects.filter(person=person, is_active=True).exists():
        return
    mails = list(
        Handle.objects.select_for_update().filter(person=person, kind=EMAIL, valid_until=None, is_shared=False)
    )
    if any(one.proof == Proof.PROVEN for one in mails):
        return
    if len(mails) != 1:
        raise Invalid(
            "They could not sign in: no mail address of theirs is proven. Let them sign in to the portal by a mailed "
            "link first, or leave exactly one address on their card.",
            "Человек не сможет войти: ни один адрес почты не подтверждён. Пусть сначала войдёт в портал по ссылке из "
            "письма, или оставьте в карточке ровно один адрес.",
            fields={"person_id": "no proven address"},
        )
    Handle.objects.filter(id=mails[0].id).update(proof=Proof.PROVEN, evidence="named an agent by an administrator")


@transaction.atomic
def change_agent(agent_id: int, changes: dict[str, Any], *, by: Actor) -> int:
    """Role, whether they serve, teams (``team_ids`` from now on). Whoever stops serving is signed out.

    Raises NotFound; Conflict for the last administrator.
    """
    check_administrator(by)
    agents = {agent.id: agent for agent in Agent.objects.select_for_update().order_by("id")}
    agent = agents.get(agent_id)
    if agent is None:
        raise NotFound("There is no such agent. Open the list anew.", "Такого специалиста нет. Обновите список.")
    before = {name: getattr(agent, name) for name in FIELDS}
    for name in FIELDS:
        setattr(agent, name, changes.get(name, before[name]))
    if not any(one.is_active and one.role == Role.ADMINISTRATOR for one in agents.values()):
        raise Conflict(
            "Nobody could change anything any more. Make somebody else an administrator first.",
            "Тогда никто не сможет ничего менять. Сначала назначьте другого администратора.",
        )
    agent.save(update_fields=list(FIELDS))
    if "team_ids" in changes:
        _set_teams(agent.id, changes["team_ids"])
    if before["is_active"] and not agent.is_active:
        Session.objects.filter(person=agent.person_id).delete()
    record(by, "edit", "agent", agent.id, before, changes)
    return agent.id


@transaction.atomic
def sign_out_person(person_id: int, *, by: Actor) -> tuple[int, int]:
    """End every session and revoke every token of the person; gives how many of each. Raises NotFound.

    For a lost laptop, a leaked token, somebody who left. They may sign in again: who must not, stops serving
    (``change_agent``) or loses the address.
    """
    check_administrator(by)
    if not Person.objects.filter(id=person_id).exists():
        raise NotFound("There is no such person. Open the list anew.", "Такого человека нет. Обновите список.")
    sessions, tokens = end_sessions(person_id), revoke_tokens(person_id)
    record(by, "person.signed_out", "person", person_id, None, {"sessions": sessions, "tokens": tokens})
    return sessions, tokens


@transaction.atomic
def save_organization(organization_id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    """Add an organisation (None) or change what is named. ``domains``: mail domains that are its own alone."""
    check_administrator(by)
    given = dict(given)
    if "domains" in given:
        given["domains"] = sorted({domain.strip().lower() for domain in given["domains"] if domain.strip()})
    if organization_id is None:
        organization_id = Organization.objects.create(**given).id
    elif not Organization.objects.filter(id=organization_id).exists():
        raise NotFound("There is no such organisation.", "Такой организации нет.")
    elif given:
        Organization.objects.filter(id=organization_id).update(**given)
    record(by, "save", "organization", organization_id, None, given)
    return organization_id


def _set_teams(agent_id: int, team_ids: Sequence[int]) -> None:
    wanted = set(team_ids)
    if Team.objects.filter(id__in=wanted).count() < len(wanted):
        raise Invalid("There is no such team.", "Такой группы нет.", fields={"team_ids": "unknown"})
    TeamMember.objects.filter(agent=agent_id).exclude(team__in=wanted).delete()
    TeamMember.objects.bulk_create(
        [TeamMember(agent_id=agent_id, team_id=team) for team in sorted(wanted)], ignore_conflicts=True
    )
