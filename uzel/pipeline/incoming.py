"""One event of a batch with its addresses in normal form, and what the batch as a whole must look up."""

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec

from uzel.channelkit.events import Automatic, HintKind, MessageReceived
from uzel.domain.phrases import ticket_numbers
from uzel.kernel.handles import EMAIL, normal_handle
from uzel.store.catalogue import ChannelFact
from uzel.store.deliveries import short_id
from uzel.store.intake.claim import Claimed
from uzel.store.intake.facts import HandleKey
from uzel.store.intake.unit import Wanted

_OLDEST = dt.timedelta(days=14)
MOST_REFERENCES = 20
MOST_NAMED = 5
MOST_OTHERS = 200
MOST_HELD = 20  # addressees whose cards can't be merged meanwhile; a mail to hundreds must not fill the lock table


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way through the pipeline."""

    delivery: Claimed
    channel: ChannelFact
    event: MessageReceived
    handle: HandleKey
    others: tuple[HandleKey, ...]  # whom it was addressed to besides us, in normal form

    @property
    def pace_key(self) -> str:
        """One mailbox, however many addresses with a plus lead to it."""
        kind, value = self.handle
        local, at, domain = value.rpartition("@")
        return f"{kind} {local.partition('+')[0]}{at}{domain}"

    @property
    def is_by_a_program(self) -> bool:
        """Nobody wrote it, so it opens nothing. A list only hands on what somebody wrote: a desk's own address is often
        one. It gets no automatic answer all the same."""
        return self.event.automatic not in (Automatic.NONE, Automatic.LIST)

    @property
    def own_key(self) -> str:
        return message_key(self.event.external_id)

    @property
    def reply_keys(self) -> list[str]:
        """What the message says it answers, strongest first."""
        return [_hint_key(hint.kind, hint.value) for hint in self.event.hints if hint.kind is not HintKind.TOKEN][
            :MOST_REFERENCES
        ]

    @property
    def tokens(self) -> list[int]:
        """Tickets named by a signed token; the channel verified the signature."""
        return [int(hint.value) for hint in self.event.hints if hint.kind is HintKind.TOKEN and hint.value.isdigit()]

    @property
    def named(self) -> list[int]:
        """Tickets whose number the words name; whether that means anything is decided later."""
        numbers = ticket_numbers(self.event.subject, self.event.text)
        return [int(number.removeprefix("U-")) for number in sorted(numbers)[:MOST_NAMED]]

    @property
    def at(self) -> dt.datetime:
        """When it happened for the person: the sender's clock, unless it is plainly wrong."""
        received, sent = self.delivery.received_at, self.event.sent_at
        return sent if sent is not None and received - _OLDEST < sent <= received else received


def message_key(external_id: str) -> str:
    return f"m:{short_id(external_id)}"


def _hint_key(kind: HintKind, value: str) -> str:
    return message_key(value) if kind is HintKind.REPLY else f"c:{short_id(value)}"


def prepare(delivery: Claimed, channel: ChannelFact, event: MessageReceived, region: str) -> Incoming:
    """Bring every address of the event into its normal form."""
    others = {normal_handle(to.kind, to.value, region) for to in event.recipients if to.kind == event.sender.kind}
    return Incoming(
        delivery=delivery,
        channel=channel,
        event=event,
        handle=(event.sender.kind, normal_handle(event.sender.kind, event.sender.value, region)),
        others=tuple((event.sender.kind, value) for value in sorted(others)[:MOST_OTHERS] if value),
    )


def gather(batch: Iterable[Incoming]) -> Wanted:
    """What must be locked and loaded before the batch can be decided."""
    wanted = Wanted()
    for incoming in batch:
        wanted.messages += 1
        wanted.settled.update([incoming.handle, *incoming.others[:MOST_HELD]])
        wanted.handles.add(incoming.handle)
        wanted.handles.update(incoming.others)
        wanted.keys.update([incoming.own_key, *incoming.reply_keys])
        wanted.tickets.update([*incoming.tokens, *incoming.named])
        wanted.domains.update(_domains(incoming.handle))
        wanted.pace[incoming.pace_key] += 1
    return wanted


def _domains(handle: HandleKey) -> Sequence[str]:
    kind, value = handle
    return [value.rpartition("@")[2]] if kind == EMAIL and "@" in value else []
