"""Who does it. The decision is domain.routing's; what it needs to know is gathered here."""

from uzel.domain.classify import Labels
from uzel.domain.routing import Route, RouteFacts
from uzel.domain.routing import route as decide
from uzel.pipeline.incoming import Incoming
from uzel.store.intake.unit import Unit


def route(incoming: Incoming, labels: Labels, unit: Unit) -> Route:
    """Where a new ticket goes. A joined one keeps the owner and the queue it has."""
    service = unit.catalogue.services.get(labels.service) if labels.service else None
    return decide(
        RouteFacts(
            service_team=service.team_id if service else None,
            channel_team=incoming.channel.default_team_id,
            default_team=unit.catalogue.default_team_id,
        )
    )
