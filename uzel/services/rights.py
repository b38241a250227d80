"""What the actor may do with a ticket that they see: domain.permissions decides, here it is said and enforced."""

from typing import Any

from uzel.domain.permissions import Action, Actor, Role, TicketFacts, has_role, is_party, may
from uzel.domain.statuses import Status
from uzel.kernel.errors import Forbidden
from uzel.store.reach import Reached

OFFERED = (
    Action.REPLY,
    Action.NOTE,
    Action.ASSIGN,
    Action.EDIT,
    Action.MERGE,
    Action.SPLIT,
    Action.CONFIRM,
    Action.REOPEN,
)
DESK_ONLY = Forbidden(
    "Only those who serve this ticket may do that. Write into the ticket instead.",
    "Это могут только те, кто обслуживает обращение. Напишите в самом обращении.",
)
ONLY_LOOKING = Forbidden(
    "You may read this ticket of your organisation, but not write in it. Ask its requester to add you.",
    "Это обращение вашей организации можно читать, но не писать в него. Попросите заявителя добавить вас.",
)
ONLY_THEIRS = Forbidden(
    "Only the requester or a participant can confirm. Ask them whether it works.",
    "Подтвердить может только заявитель или участник. Спросите их, работает ли.",
)
ADMINISTRATORS_ONLY = Forbidden(
    "Only an administrator may change this. Ask one.", "Это меняет только администратор. Обратитесь к нему."
)
AGENTS_ONLY = Forbidden(
    "Only agents may do this. Write to the service desk.", "Это могут только специалисты. Напишите в поддержку."
)


def offers(by: Actor, head: dict[str, Any], *, is_restricted: bool) -> dict[str, bool]:
    """What to offer on the ticket's page; ``head`` is that of the page."""
    facts = TicketFacts(
        requester_id=head["requester_id"],
        participant_ids=frozenset(one["person_id"] for one in head["participants"] if one["role"] == "participant"),
        owner_id=head["owner_id"],
        team_id=head["team_id"],
        restricted=is_restricted,
        organization_id=head["organization_id"],
        status=Status(head["status"]),
    )
    return {str(action): may(by, action, facts) for action in OFFERED}


def check_may(reached: Reached, action: Action, by: Actor) -> None:
    """Raises Forbidden saying who may. What depends on the status is the service's to say."""
    facts = facts_of(reached, by)
    if may(by, action, facts) or (action in _BY_STATUS and _is_involved(by, action, facts, reached)):
        return
    raise _REFUSED.get(action, DESK_ONLY)


def facts_of(reached: Reached, by: Actor) -> TicketFacts:
    """``participant_ids`` holds the actor alone, if at all: nobody else's right is asked here."""
    ticket = reached.ticket
    return TicketFacts(
        requester_id=ticket.requester_id,
        participant_ids=frozenset({by.person_id} if reached.is_participant else ()),
        owner_id=ticket.owner_id,
        team_id=ticket.team_id,
        restricted=reached.is_restricted,
        organization_id=ticket.organization_id,
        status=Status(ticket.status),
    )


def is_theirs(reached: Reached, by: Actor) -> bool:
    """Whether the actor is the requester or a participant."""
    return is_party(by, facts_of(reached, by))


def check_agent(by: Actor) -> int:
    """The actor's agent id. Raises Forbidden for requesters."""
    if by.agent_id is None:
        raise AGENTS_ONLY
    return by.agent_id


def check_administrator(by: Actor) -> None:
    if not has_role(by, Role.ADMINISTRATOR):
        raise ADMINISTRATORS_ONLY


_REFUSED = {Action.REPLY: ONLY_LOOKING, Action.REOPEN: ONLY_LOOKING, Action.CONFIRM: ONLY_THEIRS}
_BY_STATUS = (Action.CONFIRM, Action.REOPEN)


def _is_involved(by: Actor, action: Action, facts: TicketFacts, reached: Reached) -> bool:
    return is_party(by, facts) or (action is Action.REOPEN and reached.is_desk)
