"""From a stored delivery to events: the channel's pure half."""

from uzel.channelkit.contract import Account, RawDelivery
from uzel.channelkit.events import Event
from uzel.channels.email.events import to_events
from uzel.channels.email.identity import own_client_key
from uzel.channels.email.mail import Mail, parse_mail

__all__ = ["Mail", "parse", "parse_mail"]


def parse(delivery: RawDelivery, account: Account) -> tuple[Event, ...]:
    """Pure. Any bytes give at least one event: a mail that is broken is still somebody's mail."""
    secret = account.secret

    def own_id(message_id: str) -> bool:
        return own_client_key(secret, message_id) is not None

    mail = parse_mail(delivery.body, own_id=own_id if secret else None)
    language = str(account.settings.get("language") or "ru")
    return to_events(mail, delivery.body, secret=secret, envelope=tuple(delivery.headers.values()), language=language)
