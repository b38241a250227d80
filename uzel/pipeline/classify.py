"""What it is about: rules only, from the catalogue's keywords and the channel's defaults."""

from zoneinfo import ZoneInfo

from uzel.domain.classify import Defaults, Labels, Moment
from uzel.domain.classify import classify as decide
from uzel.pipeline.identify import Sender
from uzel.pipeline.incoming import Incoming
from uzel.store.intake.unit import Unit


def classify(incoming: Incoming, sender: Sender, unit: Unit) -> Labels:
    """Labels for the message as if it opened a ticket; a joined one uses only the service, to compare."""
    return decide(
        incoming.event.subject,
        incoming.event.text,
        topics=unit.catalogue.topics,
        defaults=Defaults(service=incoming.channel.default_service_id, language=sender.language),
        moment=Moment(incoming.at, ZoneInfo(sender.time_zone or unit.catalogue.time_zone)),
    )
