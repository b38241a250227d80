"""Who a ticket goes to. Today: its owner, else the team of its service, of its channel, else the default queue.

Skills, load and shifts come behind the same function later: they choose among agents of the team found here.
"""

import msgspec

from uzel.domain.reasons import Reason


class RouteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What routing knows. ``owner_serves`` is False for an owner who left or lost the right to the ticket."""

    owner: int | None = None
    owner_serves: bool = True
    team: int | None = None  # where the ticket already waits
    service_team: int | None = None
    channel_team: int | None = None
    default_team: int | None = None


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One owner with their team, or a team's queue, or (both None) the queue that everybody sees."""

    owner: int | None = None
    team: int | None = None
    reasons: tuple[Reason, ...]


def route(facts: RouteFacts) -> Route:
    """Where the ticket goes now. An owner keeps it whatever channel it moves to; a queue keeps it as well."""
    if facts.owner is not None and facts.owner_serves:
        return Route(owner=facts.owner, team=facts.team, reasons=(Reason("owner_keeps"),))
    for code, team in (
        ("queue_keeps", facts.team),
        ("service_team", facts.service_team),
        ("channel_default", facts.channel_team),
        ("default_queue", facts.default_team),
    ):
        if team is not None:
            return Route(team=team, reasons=(Reason(code),))
    return Route(reasons=(Reason("default_queue"),))
