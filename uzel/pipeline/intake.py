"""From stored deliveries to committed entries. Read this file first: it is the way of every message.

receive (store.deliveries) → **claim → identify → correlate → classify → route → record → notify → settle**
"""

import datetime as dt

import structlog
from django.db import transaction
from django.utils import timezone

from uzel.channelkit.events import DispatchReported, Event, MessageReceived
from uzel.channelkit.registry import get_channel
from uzel.domain.joining_types import Verdict
from uzel.kernel.errors import UnreadablePayload
from uzel.pipeline.classify import classify
from uzel.pipeline.cleaning import clean
from uzel.pipeline.correlate import correlate, find_twin
from uzel.pipeline.identify import identify, strangers
from uzel.pipeline.incoming import Incoming, gather, prepare
from uzel.pipeline.notify import notify
from uzel.pipeline.record import record
from uzel.store import outbox
from uzel.store.catalogue import Catalogue, catalogue
from uzel.store.failures import is_away, is_busy
from uzel.store.intake.claim import Claimed, Settled, claim, claim_one, postpone, settle
from uzel.store.intake.unit import Rearranged, Unit

log = structlog.get_logger()

Parsed = tuple[Claimed, tuple[Event, ...] | Exception]


class BatchFailed(Exception):
    """One of these deliveries can't be taken in; nothing of the batch was kept."""

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(numbers)
        self.numbers = numbers


def take_in_batch(limit: int) -> int:
    """Take in up to ``limit`` waiting deliveries; gives how many were settled. 0: nothing waits.

    All in one transaction. If that fails, each is taken alone, and the one that fails alone goes to quarantine:
    a bad mail never holds up its neighbours. A database that is away raises: the deliveries wait for the next try.
    """
    try:
        with transaction.atomic():
            return _take_in(claim(limit))
    except BatchFailed as failed:
        log.exception("batch failed, taking its deliveries one by one", deliveries=failed.numbers)
        return sum(take_in_one(number) for number in failed.numbers)


def take_in_one(number: int) -> int:
    """Take in one delivery by itself; 0 when it was settled before, or waits because the database was busy."""
    try:
        with transaction.atomic():
            claimed = claim_one(number)
            return _take_in([claimed] if claimed else [])
    except BatchFailed as failed:
        if _may_pass_later(failed.__cause__) and postpone(number):
            log.warning("delivery waits for a calmer moment", delivery=number, error=str(failed.__cause__))
            return 0
        log.exception("delivery goes to quarantine", delivery=number)
        settle([Settled(id=number, state="quarantined", error=_describe(failed.__cause__))])
        return 1


def _take_in(claimed: list[Claimed]) -> int:
    if not claimed:
        return 0
    try:
        known = catalogue(delivery.channel_id for delivery in claimed)
        settle(take_in_all([(delivery, _read(delivery, known)) for delivery in claimed], known, timezone.now()))
    except Exception as error:
        if is_away(error):
            raise
        raise BatchFailed([delivery.id for delivery in claimed]) from error
    return len(claimed)


def take_in_all(batch: list[Parsed], known: Catalogue, now: dt.datetime) -> list[Settled]:
    """Decide and write a whole batch; gives what became of each delivery."""
    settled = {delivery.id: Settled(id=delivery.id, outcome="nothing in it") for delivery, _ in batch}
    messages: list[Incoming] = []
    for delivery, events in batch:
        if isinstance(events, Exception):
            settled[delivery.id] = Settled(id=delivery.id, state="quarantined", error=_describe(events))
            continue
        for event in events:
            if isinstance(event, DispatchReported):
                found = outbox.report(event, delivery.channel_id)
                settled[delivery.id].outcome = "report of a dispatch" if found else "report of an unknown dispatch"
            else:
                messages.append(_incoming(delivery, event, known))
    unit = Unit.open(gather(messages), now=now, catalogue=known)
    unit.meet(*strangers(messages, unit))
    for incoming in messages:
        take_in(incoming, unit, settled[incoming.delivery.id])
    unit.flush()
    return list(settled.values())


def take_in(incoming: Incoming, unit: Unit, settled: Settled) -> None:
    """One message: who wrote, where it belongs, what it is about, who does it, and the answer."""
    unit.pace[incoming.pace_key] = unit.pace.get(incoming.pace_key, 0) + 1
    sender = identify(incoming, unit)
    twin = find_twin(incoming, sender, unit)
    if twin is not None:
        settled.entry_id, settled.outcome = twin, "the same message came by another way before"
        return
    labels = classify(incoming, sender, unit)
    decision = correlate(incoming, sender, labels.service, unit)
    if decision.verdict is Verdict.HOLD:
        settled.outcome = f"automatic mail ({incoming.event.automatic}) that belongs to no ticket"
        return
    entry, ticket = record(incoming, sender, decision, labels, unit)
    settled.entry_id, settled.outcome = entry.id, f"{decision.verdict} U-{ticket.id}"
    if decision.verdict is not Verdict.JOIN:
        notify(incoming, entry, ticket, unit)


def _read(delivery: Claimed, known: Catalogue) -> tuple[Event, ...] | Exception:
    account = known.accounts[delivery.channel_id]
    try:
        events: tuple[Event, ...] = get_channel(account.kind).parse(delivery.read(), account)
        return clean(events)
    except UnreadablePayload as error:
        return error
    except Exception as error:
        log.exception("channel failed on a delivery", channel=account.kind, delivery=delivery.id)
        return error


def _incoming(delivery: Claimed, event: MessageReceived, known: Catalogue) -> Incoming:
    account = known.accounts[delivery.channel_id]
    return prepare(delivery, known.channels[delivery.channel_id], event, account.region)


def _may_pass_later(error: BaseException | None) -> bool:
    return isinstance(error, Rearranged) or is_busy(error)


def _describe(error: BaseException | None) -> str:
    return clean(f"{type(error).__name__}: {error}"[:2000])
