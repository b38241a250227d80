"""Which ticket a message belongs to: gathers the facts for domain.joining and keeps its answer with the entry."""

from uzel.domain.joining import decide
from uzel.domain.joining_types import Contact, Decision, JoinPolicy, OpenTicket
from uzel.domain.statuses import Status
from uzel.pipeline.identify import Sender
from uzel.pipeline.incoming import Incoming
from uzel.store.intake.facts import TicketFact
from uzel.store.intake.unit import Unit

_REPLY_MARKS = ("re:", "re[", "отв:", "ответ:", "aw:", "sv:", "antw:", "ha:", "на:")


def correlate(incoming: Incoming, sender: Sender, service_id: int | None, unit: Unit) -> Decision:
    """Join, ask or new. Looks only at tickets of the sender and at those that the message itself points at."""
    contact = _contact(incoming, sender, service_id, unit)
    named = [unit.roots[number] for number in incoming.named if number in unit.roots]
    pointed = [contact.token_ticket, contact.thread_ticket, *contact.reply_tickets, *named]
    tickets = {ticket.id: ticket for ticket in unit.tickets_of(sender.person_id)}
    tickets |= {number: unit.tickets[number] for number in pointed if number is not None and number in unit.tickets}
    policy = JoinPolicy(join_from=incoming.channel.join_at, ask_from=incoming.channel.ask_at)
    return decide(contact, [_open_ticket(ticket) for ticket in tickets.values()], policy, unit.now)


def find_twin(incoming: Incoming, sender: Sender, unit: Unit) -> int | None:
    """The entry of this very message, when two of our addresses received it.

    The id alone does not decide: scanners and monitors give all their mails the same one.
    """
    known = unit.threads.get(incoming.own_key)
    if known is None or known.external_id != incoming.event.external_id:
        return None
    same = (sender.person_id, incoming.event.subject, incoming.at) == (known.person_id, known.subject, known.at)
    return known.entry_id if same else None


def _contact(incoming: Incoming, sender: Sender, service_id: int | None, unit: Unit) -> Contact:
    event = incoming.event
    tokens = [unit.roots[number] for number in incoming.tokens if number in unit.roots]
    replies = [unit.threads[key].ticket_id for key in incoming.reply_keys if key in unit.threads and key[0] == "m"]
    chats = [unit.threads[key].ticket_id for key in incoming.reply_keys if key in unit.threads and key[0] == "c"]
    known = unit.threads.get(incoming.own_key)
    if (
        known is not None and known.external_id != event.external_id
    ):  # an answer to this message came before the message itself
        replies.insert(0, known.ticket_id)
    return Contact(
        sender=sender.person_id,
        proof=sender.proof,
        subject=event.subject,
        text=event.text,
        quoted=event.full_text[len(event.text) :][:2000] if event.full_text else "",
        sent_at=event.sent_at,
        is_reply_subject=event.subject.lower().startswith(_REPLY_MARKS),
        automatic=incoming.is_by_a_program,
        shared=sender.is_shared,
        service=service_id if service_id != incoming.channel.default_service_id else None,
        token_ticket=_moved(tokens[0], incoming, unit) if tokens else None,
        reply_tickets=tuple(dict.fromkeys(replies)),
        thread_ticket=chats[0] if chats else None,
    )


def _moved(ticket: int, incoming: Incoming, unit: Unit) -> int:
    """Where the token leads: its ticket, unless what is answered was taken out of it since into another."""
    answered = next((unit.threads[key] for key in incoming.reply_keys if key in unit.threads), None)
    if answered is None or ticket not in {unit.roots.get(left, left) for left in answered.left_tickets}:
        return ticket
    return answered.ticket_id


def _open_ticket(ticket: TicketFact) -> OpenTicket:
    return OpenTicket(
        id=ticket.id,
        number=f"U-{ticket.id}",
        subject=ticket.subject,
        text=ticket.digest,
        requester=ticket.requester_id,
        status=Status(ticket.status),
        last_contact_at=ticket.last_contact_at or ticket.last_entry_at,
        last_entry_at=ticket.last_entry_at,
        participants=frozenset(ticket.participants),
        owner=ticket.owner_id,
        service=ticket.service_id,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
    )
