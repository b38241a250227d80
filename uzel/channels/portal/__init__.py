"""The portal: what is written there is delivered by being stored, so nothing is received and nothing is sent."""

from collections.abc import Sequence

from uzel.channelkit.contract import Account, Capabilities, Field, Finding, Outcome, Outgoing, RawDelivery, SendResult
from uzel.channelkit.events import Event
from uzel.kernel.errors import UnreadablePayload

KIND = "portal"
CAPABILITIES = Capabilities(
    handle_kind="login", rich_text=True, subject=True, max_file=100 * 1024 * 1024, internal=True
)
SETTINGS: Sequence[Field] = ()


def parse(delivery: RawDelivery, account: Account) -> tuple[Event, ...]:
    raise UnreadablePayload(
        "The portal writes straight into tickets and brings no deliveries. Delete this one.",
        "Портал пишет прямо в обращения и доставок не приносит. Удалите эту запись.",
    )


def send(message: Outgoing, account: Account) -> SendResult:
    """The entry stands where its reader looks: done."""
    return SendResult(outcome=Outcome.ACCEPTED, provider_id=message.client_key)


def check(account: Account) -> Sequence[Finding]:
    return (Finding(ok=True, what_en="The portal needs no connection", what_ru="Порталу не нужны подключения"),)
