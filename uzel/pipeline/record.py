"""Writing down what was decided: the ticket (new or not), the entry with its Join, its files, its thread."""

from typing import Any

from uzel.channelkit.events import Automatic, File, MessageReceived
from uzel.domain.classify import Labels
from uzel.domain.joining_types import Alternative, Decision, Proof, Verdict
from uzel.domain.phrases import only_thanks
from uzel.domain.statuses import LIVE, Status, after_inbound
from uzel.pipeline.identify import Sender
from uzel.pipeline.incoming import Incoming
from uzel.pipeline.reasons import plain
from uzel.pipeline.route import route
from uzel.store.blobs import blobs
from uzel.store.intake.facts import TicketFact
from uzel.store.intake.rows import AttachmentRow, BlobRow, EntryRow, JoinRow, TicketLinkRow, TicketRow
from uzel.store.intake.unit import Unit

PREVIEW = 160  # characters
_FIRST, _LAST = 1500, 1500  # characters kept of the first and of the newest words, for comparing
LONGEST_SUBJECT = 500
MOST_PARTICIPANTS = 10


def record(
    incoming: Incoming, sender: Sender, decision: Decision, labels: Labels, unit: Unit
) -> tuple[EntryRow, TicketFact]:
    """The entry stands in the unit afterwards, in the ticket that ``decision`` names or in a new one."""
    joins = decision.verdict is Verdict.JOIN and decision.ticket is not None
    ticket = unit.tickets[decision.ticket] if joins and decision.ticket else _new_ticket(incoming, sender, labels, unit)
    entry = _entry(incoming, sender, ticket, unit)
    if joins:
        _move_status(incoming, ticket)
    unit.add_entry(entry, ticket, preview=_preview(incoming.event), digest=_digest(ticket, incoming.event))
    unit.add(_join(entry, ticket, decision, unit))
    unit.add_keys([incoming.own_key, *incoming.reply_keys], entry)
    for file in incoming.event.files:
        _attach(file, entry, unit)
    if decision.follows is not None:
        unit.add(TicketLinkRow(ticket_id=ticket.id, other_id=decision.follows, kind="follows"))
    if _may_let_in(sender, ticket) and (not joins or _verdict(decision) == "token"):
        _let_others_take_part(incoming, ticket, unit)
    return entry, ticket


def _new_ticket(incoming: Incoming, sender: Sender, labels: Labels, unit: Unit) -> TicketFact:
    event, at = incoming.event, incoming.at
    way = route(incoming, labels, unit)
    return unit.open_ticket(
        TicketRow(
            id=unit.next_id("ticket"),
            subject=_subject(event),
            kind=str(labels.kind),
            impact=labels.impact,
            urgency=labels.urgency,
            priority=labels.priority,
            language=labels.language,
            requester_id=sender.person_id,
            organization_id=sender.organization_id,
            owner_id=way.owner,
            team_id=way.team,
            service_id=labels.service,
            category_id=labels.category,
            first_channel=incoming.channel.kind,
            channels=[incoming.channel.kind],
            due_at=labels.deadline,
            created_at=unit.now,
            first_contact_at=min(at, unit.now),
            updated_at=unit.now,
            last_entry_at=at,
            last_channel=incoming.channel.kind,
            last_contact_at=at,
            preview="",
            digest="",
        ),
        is_restricted=way.team in unit.catalogue.restricted_teams,
    )


def _entry(incoming: Incoming, sender: Sender, ticket: TicketFact, unit: Unit) -> EntryRow:
    event = incoming.event
    earlier = next((unit.threads[key] for key in incoming.reply_keys if key in unit.threads), None)
    same_line = earlier is not None and earlier.ticket_id == ticket.id and earlier.thread_id is not None
    thread = earlier.thread_id if same_line and earlier else None
    return EntryRow(
        id=unit.next_id("entry"),
        ticket_id=ticket.id,
        thread_id=thread or unit.add_thread(incoming.channel.id, ticket, sender.person_id),
        kind="message",
        direction="in",
        channel_id=incoming.channel.id,
        channel_kind=incoming.channel.kind,
        person_id=sender.person_id,
        subject=event.subject,
        text=event.text,
        quoted=_quoted(event),
        html=event.html,
        meta=_meta(event),
        external_id=event.external_id,
        delivery_id=incoming.delivery.id,
        at=incoming.at,
        created_at=unit.now,
    )


def _quoted(event: MessageReceived) -> str:
    """What hung below the words written now; all of it when the two can't be told apart."""
    whole, own = event.full_text, event.text
    return "" if whole.strip() == own.strip() else whole.removeprefix(own).strip()


def _meta(event: MessageReceived) -> dict[str, Any]:
    meta: dict[str, Any] = dict(event.meta)
    meta["from"] = {"name": event.sender.name, "value": event.sender.value}
    if event.recipients:
        meta["to"] = [to.value for to in event.recipients]
    if event.automatic is not Automatic.NONE:
        meta["automatic"] = str(event.automatic)
    if event.forwarded is not None:
        original = event.forwarded
        meta["forwarded"] = {
            "name": original.sender.name,
            "value": original.sender.value,
            "subject": original.subject,
            "date": original.date,
        }
    if event.warnings:
        meta["warnings"] = list(event.warnings)
    if event.evidence:
        meta["evidence"] = event.evidence
    return meta


def _move_status(incoming: Incoming, ticket: TicketFact) -> None:
    event = incoming.event
    after = after_inbound(
        Status(ticket.status),
        automatic=incoming.is_by_a_program,
        only_thanks=only_thanks(event.text),
    )
    ticket.status, ticket.is_open = str(after), after in LIVE


def _join(entry: EntryRow, ticket: TicketFact, decision: Decision, unit: Unit) -> JoinRow:
    return JoinRow(
        entry_id=entry.id,
        ticket_id=ticket.id,
        verdict=_verdict(decision),
        score=decision.score,
        reasons=[plain(reason) for reason in decision.reasons],
        alternatives=[_alternative(other) for other in _others(decision, ticket)],
        at=unit.now,
    )


def _verdict(decision: Decision) -> str:
    if decision.verdict is not Verdict.JOIN:
        return "new"
    first = decision.reasons[0].code if decision.reasons else ""
    return {"token": "token", "reply": "thread", "thread": "thread"}.get(first, "score")


def _others(decision: Decision, ticket: TicketFact) -> list[Alternative]:
    return [other for other in decision.alternatives if other.ticket != ticket.id]


def _alternative(other: Alternative) -> dict[str, Any]:
    return {"ticket": other.ticket, "score": other.score, "reasons": [plain(reason) for reason in other.reasons]}


def _attach(file: File, entry: EntryRow, unit: Unit) -> None:
    digest = None
    if file.content is not None:
        digest = blobs().put(file.content)
        unit.add(BlobRow(hash=digest, size=file.size, created_at=unit.now))
    unit.add(
        AttachmentRow(
            entry_id=entry.id,
            blob_hash=digest,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            content_id=file.content_id,
            is_inline=file.inline,
            problem=file.problem,
        )
    )


def _may_let_in(sender: Sender, ticket: TicketFact) -> bool:
    """Whoever only got hold of a forwarded token, and whom the receiving server calls forged, lets nobody in."""
    is_party = sender.person_id == ticket.requester_id or sender.person_id in ticket.participants
    return is_party and sender.proof > Proof.CLAIMED


def _let_others_take_part(incoming: Incoming, ticket: TicketFact, unit: Unit) -> None:
    """Known people whom the sender addressed as well may write and read here.

    Only where the sender began the ticket or held its token: a forged sender must not be able to let somebody in.
    """
    facts = [unit.find_handle(*handle) for handle in incoming.others]
    known = [fact.person_id for fact in facts if fact is not None and not fact.is_provisional]
    for person_id in known[:MOST_PARTICIPANTS]:
        unit.add_participant(ticket, person_id)


def _subject(event: MessageReceived) -> str:
    """Short enough for a list; the entry keeps all of it."""
    return event.subject.strip()[:LONGEST_SUBJECT] or _preview(event)[:80] or "…"


def _preview(event: MessageReceived) -> str:
    return " ".join((event.text or event.full_text)[: PREVIEW * 3].split())[:PREVIEW]


def _digest(ticket: TicketFact, event: MessageReceived) -> str:
    """The first words of the ticket and the newest ones: what a later message is compared with."""
    if not ticket.digest:
        return event.text[:_FIRST]
    first, later = ticket.digest[:_FIRST], ticket.digest[_FIRST:]
    return f"{first}\n{(later + chr(10) + event.text[:_LAST])[-_LAST:]}"
