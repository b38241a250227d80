"""Telling the person that the message arrived: once per new ticket, never to a robot, never as a relay."""

from uzel.channelkit.events import Automatic
from uzel.pipeline.incoming import Incoming
from uzel.pipeline.texts import RECEIVED, RECEIVED_SUBJECT, in_language
from uzel.store.intake.facts import TicketFact
from uzel.store.intake.rows import DispatchRow, EntryRow, JoinRow
from uzel.store.intake.unit import Unit

ANSWERS_AN_HOUR = 3  # automatic answers to one address


def notify(incoming: Incoming, entry: EntryRow, ticket: TicketFact, unit: Unit) -> None:
    """Answer with the ticket's number through the channel that the message came by."""
    if not _wanted(incoming, unit):
        return
    answer = _answer(entry, ticket, unit)
    unit.add_silent_entry(answer, ticket)
    unit.add(
        JoinRow(
            entry_id=answer.id,
            ticket_id=ticket.id,
            verdict="event",
            score=100,
            reasons=[],
            alternatives=[],
            at=unit.now,
        )
    )
    unit.add(
        DispatchRow(
            entry_id=answer.id,
            channel_id=incoming.channel.id,
            to_value=incoming.event.sender.value,
            to_name=incoming.event.sender.name,
            next_at=unit.now,
            created_at=unit.now,
            state_at=unit.now,
        )
    )


def _answer(entry: EntryRow, ticket: TicketFact, unit: Unit) -> EntryRow:
    number = f"U-{ticket.id}"
    return EntryRow(
        id=unit.next_id("entry"),
        ticket_id=ticket.id,
        thread_id=entry.thread_id,
        kind="message",
        direction="out",
        channel_id=entry.channel_id,
        channel_kind=entry.channel_kind,
        person_id=None,
        subject=in_language(RECEIVED_SUBJECT, ticket.language, number=number),
        text=in_language(RECEIVED, ticket.language, number=number),
        meta={"automatic": "received"},
        at=unit.now,
        created_at=unit.now,
    )


def _wanted(incoming: Incoming, unit: Unit) -> bool:
    return (
        incoming.channel.answers
        and incoming.handle[1] != ""
        and incoming.event.automatic is Automatic.NONE
        and unit.pace.get(incoming.pace_key, 0) <= ANSWERS_AN_HOUR
    )
