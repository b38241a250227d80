"""Who may see a ticket, in SQL. Every read of tickets passes through these fragments.

``desk`` means the whole ticket with notes and joins: administrators everywhere; agents and leads where no team or an
open team serves, in their own teams, and where they own it. ``own`` means the public half: the requester, participants
and, where the person may see the organisation, its tickets outside restricted teams. ``t`` is the ticket's alias.
"""

from typing import Any

from uzel.domain.permissions import Actor

NOBODY = 0  # ids start at 1: a parameter that never matches

_AGENT = """(t.team_id IS NULL OR t.owner_id IS NOT DISTINCT FROM %(agent)s::bigint OR t.team_id NOT IN (
    SELECT r.id FROM team r WHERE r.is_restricted AND r.id <> ALL(%(teams)s::bigint[])))"""

_REQUESTER = "t.requester_id = %(person)s::bigint"

PARTICIPANT = """EXISTS (SELECT 1 FROM ticket_person p WHERE p.ticket_id = t.id
    AND p.person_id = %(person)s::bigint AND p.role = 'participant')"""

RESTRICTED = "COALESCE((SELECT r.is_restricted FROM team r WHERE r.id = t.team_id), false)"

ORGANIZATION = """t.organization_id = %(organization)s::bigint AND (
    t.team_id IS NULL OR t.team_id NOT IN (SELECT r.id FROM team r WHERE r.is_restricted))"""

DESK = {"administrator": "true", "lead": _AGENT, "agent": _AGENT, "requester": "false"}
OWN = f"({_REQUESTER} OR {PARTICIPANT} OR ({ORGANIZATION}))"


def desk_of(role: str, alias: str) -> str:
    """``DESK`` for a ticket under another alias: what a page may say of tickets around the one it shows."""
    return DESK[role].replace("t.", f"{alias}.")


def visible(role: str) -> str:
    """The condition under which ``role`` may see ticket ``t`` at all."""
    return "true" if role == "administrator" else f"({DESK[role]} OR {OWN})"


def reader(actor: Actor) -> dict[str, Any]:
    """The parameters that the fragments name."""
    return {
        "person": actor.person_id,
        "agent": actor.agent_id or NOBODY,
        "teams": list(actor.team_ids),
        "organization": (actor.organization_id if actor.sees_organization else None) or NOBODY,
    }
