"""Who may see and do what. Roles grow: requester < agent < lead < administrator."""

import enum

import msgspec

from uzel.domain.statuses import DONE, Status


class Role(enum.StrEnum):
    REQUESTER = "requester"
    AGENT = "agent"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


_RANK = {role: rank for rank, role in enumerate(Role)}


class Action(enum.StrEnum):
    SEE = "see"
    SEE_NOTES = "see_notes"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    EDIT = "edit"
    MERGE = "merge"
    SPLIT = "split"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    ERASE = "erase"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts: a requester, or an agent with a role (agent, lead, administrator) and teams."""

    person_id: int
    agent_id: int | None = None
    role: str = "requester"
    team_ids: frozenset[int] = frozenset()
    organization_id: int | None = None
    sees_organization: bool = False


class TicketFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a ticket a permission depends on. ``restricted``: its team is shown to its members only."""

    requester_id: int
    participant_ids: frozenset[int] = frozenset()
    owner_id: int | None = None
    team_id: int | None = None
    restricted: bool = False
    organization_id: int | None = None
    status: Status = Status.OPEN


# What the desk does, and the least role for it.
_DESK: dict[Action, Role] = {
    Action.SEE: Role.AGENT,
    Action.SEE_NOTES: Role.AGENT,
    Action.REPLY: Role.AGENT,
    Action.NOTE: Role.AGENT,
    Action.ASSIGN: Role.AGENT,
    Action.EDIT: Role.AGENT,
    Action.MERGE: Role.AGENT,
    Action.SPLIT: Role.AGENT,
    Action.REOPEN: Role.AGENT,
    Action.ERASE: Role.ADMINISTRATOR,
}


def has_role(actor: Actor, least: Role) -> bool:
    """Whether the actor's role is ``least`` or above. A role without an agent behind it is worth nothing."""
    return least is Role.REQUESTER or (actor.agent_id is not None and _RANK[Role(actor.role)] >= _RANK[least])


def serves(actor: Actor, ticket: TicketFacts) -> bool:
    """Whether the actor stands on the desk's side of this ticket.

    An agent outside a restricted team does not, even a lead: such a team exists to keep others out.
    """
    if not has_role(actor, Role.AGENT):
        return False
    if not ticket.restricted or has_role(actor, Role.ADMINISTRATOR):
        return True
    return actor.agent_id == ticket.owner_id or ticket.team_id in actor.team_ids


def is_party(actor: Actor, ticket: TicketFacts) -> bool:
    """Whether the ticket is about the actor: its requester or a participant."""
    return actor.person_id == ticket.requester_id or actor.person_id in ticket.participant_ids


def may(actor: Actor, action: Action, ticket: TicketFacts) -> bool:
    """Whether ``actor`` may do ``action`` with a ticket.

    Parties read, write, confirm and reopen, and never see notes. Who sees the organisation's tickets only reads
    them. Confirming is the person's word, so that no agent can give it unless they are a party themselves.
    """
    if serves(actor, ticket) and action in _DESK and has_role(actor, _DESK[action]):
        return action is not Action.REOPEN or ticket.status in DONE
    if is_party(actor, ticket):
        return _party_may(action, ticket.status)
    return action is Action.SEE and _sees_by_organization(actor, ticket)


def _party_may(action: Action, status: Status) -> bool:
    if action is Action.CONFIRM:
        return status is Status.RESOLVED
    if action is Action.REOPEN:
        return status in DONE
    return action in {Action.SEE, Action.REPLY}


def _sees_by_organization(actor: Actor, ticket: TicketFacts) -> bool:
    return (
        actor.sees_organization
        and actor.organization_id is not None
        and actor.organization_id == ticket.organization_id
        and not ticket.restricted
    )
