"""Product rule 1 as points: how well a contact fits one ticket that its sender may touch."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from uzel.domain import phrases
from uzel.domain.joining_types import Contact, JoinPolicy, OpenTicket, TicketId
from uzel.domain.reasons import Reason
from uzel.domain.statuses import LIVE, Status
from uzel.domain.text import Digest, contradicts, digest, likeness, shared_mass, shared_terms

_OPENING = 400  # characters in which people say what their letter is about
_HOUR = dt.timedelta(hours=1)
_RECENT = (("recent_2h", 2 * _HOUR), ("recent_24h", 24 * _HOUR), ("recent_72h", 72 * _HOUR))


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A contact with everything that has to be found out once, whatever the ticket."""

    contact: Contact
    policy: JoinPolicy
    at: dt.datetime  # when it was written, as far as that is believed
    words: Digest
    continues: str | None
    thanks: str | None
    other_topic: str | None
    numbers: frozenset[str]
    quoted_numbers: frozenset[str]
    only_live: TicketId | None

    def gap(self, ticket: OpenTicket) -> dt.timedelta:
        """How long the ticket had been quiet; never negative."""
        return max(dt.timedelta(0), self.at - ticket.last_contact_at)

    @property
    def has_topic(self) -> bool:
        return self.words.mass >= self.policy.topic_mass


def read(contact: Contact, candidates: Sequence[OpenTicket], policy: JoinPolicy, now: dt.datetime) -> Reading:
    at = now
    if contact.sent_at is not None and now - policy.believed_delay <= contact.sent_at <= now:
        at = contact.sent_at
    written = f"{contact.subject[:_OPENING]}\n{contact.text[:_OPENING]}"
    words = digest(contact.subject, contact.text)
    other_topic = phrases.other_topic(written)
    for_done = words.mass < policy.topic_mass or (other_topic and phrases.thanks_before_other_topic(written))
    return Reading(
        contact=contact,
        policy=policy,
        at=at,
        words=words,
        continues=None if other_topic else phrases.continues(written),
        thanks=phrases.thanks(written) if for_done else None,
        other_topic=other_topic,
        numbers=phrases.ticket_numbers(contact.subject, contact.text),
        quoted_numbers=phrases.ticket_numbers(contact.quoted),
        only_live=_only_live(contact, candidates, at - policy.fresh),
    )


def _only_live(contact: Contact, candidates: Sequence[OpenTicket], since: dt.datetime) -> TicketId | None:
    """The one ticket of the sender that is in work or was done lately, None when there are none or several."""
    live = [
        ticket.id
        for ticket in candidates
        if ticket.may_be_touched_by(contact.sender) and (ticket.status in LIVE or ticket.last_contact_at >= since)
    ]
    return live[0] if len(live) == 1 else None


def score(reading: Reading, ticket: OpenTicket) -> tuple[Reason, ...]:
    """All grounds for and against, in the order that people should read them."""
    points = reading.policy.points
    found = [*_pointing(reading, ticket), *_circumstances(reading, ticket)]
    if reading.contact.text.strip() or reading.contact.subject.strip():
        found += _wording(reading, ticket, {code for code, _ in found})
    return tuple(
        Reason(code, round(points[code] * part), detail)
        for code, (part, detail) in ((code, _split(value)) for code, value in found)
    )


def _split(value: str | tuple[float, str]) -> tuple[float, str]:
    return (1.0, value) if isinstance(value, str) else value


# What a group of grounds yields: a code with its detail, or with the share of the points and the detail.
_Found = Iterator[tuple[str, str | tuple[float, str]]]


def _pointing(reading: Reading, ticket: OpenTicket) -> _Found:
    contact = reading.contact
    if contact.thread_ticket == ticket.id:
        yield "thread_idle", ""
    if ticket.number.upper() in reading.numbers:
        yield "number", ticket.number
    elif ticket.number.upper() in reading.quoted_numbers:
        yield "quoted_number", ticket.number
    if contact.callee is not None and contact.callee == ticket.owner:
        yield "callee", ""


def _circumstances(reading: Reading, ticket: OpenTicket) -> _Found:
    contact, gap = reading.contact, reading.gap(ticket)
    for code, limit in _RECENT:
        if gap <= limit:
            yield code, ""
            break
    if _same_service(contact, ticket):
        yield "same_service", ""
    elif None not in (contact.service, ticket.service):
        yield "other_service", ""
    if ticket.status is Status.WAITING_USER and ticket.requester == contact.sender:
        yield "waiting", ""
    if reading.only_live == ticket.id:
        yield "only_live", ""


def _same_service(contact: Contact, ticket: OpenTicket) -> bool:
    return (contact.service is not None and contact.service == ticket.service) or bool(contact.assets & ticket.assets)


def _wording(reading: Reading, ticket: OpenTicket, known: set[str]) -> _Found:
    theirs = digest(ticket.subject, ticket.text)
    like = likeness(reading.words, theirs)
    share = min(1.0, like / reading.policy.full_likeness)
    if round(reading.policy.points["similar"] * share):
        yield "similar", (share, ", ".join(shared_terms(reading.words, theirs)))
    if reading.contact.is_reply_subject and _same_subject(reading.contact.subject, ticket.subject):
        yield "same_subject", ""
    yield from _back_reference(reading, theirs, known)
    differing = contradicts(reading.words, theirs)
    if differing:
        yield "contradicts", " / ".join(differing)
    if reading.other_topic and not reading.thanks:
        yield "new_topic", reading.other_topic
    related = "number" in known or {"same_service", "recent_2h"} <= known
    if like < reading.policy.no_likeness and reading.has_topic and not related:
        yield "off_topic", ""


def _same_subject(one: str, other: str) -> bool:
    words = digest(one, "")
    return words.mass >= 1.0 and words.weights == digest(other, "").weights


def _back_reference(reading: Reading, theirs: Digest, known: set[str]) -> _Found:
    vague = reading.words.mass - shared_mass(reading.words, theirs) < reading.policy.vague_mass
    thanks = reading.thanks if vague or reading.other_topic else None
    if reading.continues:
        yield "continues", reading.continues
    elif thanks:
        yield "thanks", thanks
    if reading.has_topic or not vague:
        return
    points_back = bool(reading.continues or thanks)
    answers = "waiting" in known and bool(reading.contact.text.strip())
    if "only_live" in known and (points_back or answers):
        yield "sole_reference", ""
    elif points_back:
        yield "vague_reference", ""


def text_reaches(reading: Reading, ticket: OpenTicket, *, points_back: bool) -> bool:
    """Whether a text with a topic of its own shares enough with the ticket to be joined without asking.

    A short one that points back in words needs nothing in common; in a long one "still" may mean anything.
    """
    if not reading.has_topic or (points_back and reading.words.mass <= reading.policy.long_mass):
        return True
    like = likeness(reading.words, digest(ticket.subject, ticket.text))
    return like >= reading.policy.enough_likeness * (0.5 if points_back else 1.0)


def enough_for_shared(reading: Reading, ticket: OpenTicket) -> bool:
    """Whether the words alone are enough for an address that several people use."""
    theirs = digest(ticket.subject, ticket.text)
    enough = likeness(reading.words, theirs) >= reading.policy.shared_likeness
    return enough and reading.has_topic and contradicts(reading.words, theirs) is None
