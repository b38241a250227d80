"""Who wrote? Known, probably somebody known (provisional, a suggestion for an agent), or new.

Never merges by itself: a look-alike address with the right name is what an attacker would use, so a likeness only
suggests, and the suggestion shows its reasons. Reads scoped by a person must count proven handles only.
"""

import enum
import re
from collections.abc import Sequence

import msgspec

from uzel.domain.joining_types import PersonId, Proof
from uzel.domain.names import same_name
from uzel.domain.phrases import ticket_numbers
from uzel.domain.reasons import Reason
from uzel.domain.text import MAX_CHARS, digest, likeness
from uzel.kernel.handles import normal_email, normal_phone

# Bounded, so that a mail made to be slow to read is not.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d\s().-]{8,16}\d(?![\w-])")

SAME_NAME = 35
SAME_DOMAIN = 15
SIGNATURE_HANDLE = 40
MENTIONS_TICKET = 30
SIMILAR_TICKET = 20  # at most
SUGGEST_FROM = 35
_ENOUGH_LIKENESS = 0.4


class HandleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The address a message came from and what can be read around it.

    ``value`` is normalised. ``proof`` is how far this very message proves the address. ``text`` is the full text,
    signature included.
    """

    kind: str
    value: str
    proof: Proof = Proof.CLAIMED
    name: str = ""
    subject: str = ""
    text: str = ""


class KnownHandle(msgspec.Struct, frozen=True):
    kind: str
    value: str
    proof: Proof = Proof.PROVEN


class KnownTicket(msgspec.Struct, frozen=True):
    number: str
    subject: str
    text: str = ""


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody it might be: ``domains`` are mail domains that belong to their organisation alone."""

    id: PersonId
    name: str = ""
    handles: tuple[KnownHandle, ...] = ()
    domains: frozenset[str] = frozenset()
    open_tickets: tuple[KnownTicket, ...] = ()


class Standing(enum.StrEnum):
    KNOWN = "known"
    PROVISIONAL = "provisional"
    NEW = "new"


class Suggestion(msgspec.Struct, frozen=True):
    """It may be this person; ``score`` is the sum of the points of ``reasons``, at most 100."""

    person: PersonId
    score: int
    reasons: tuple[Reason, ...]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote. ``person`` and ``proof`` with ``known`` only; ``suggestions``, best first, with ``provisional``."""

    standing: Standing
    person: PersonId | None = None
    proof: Proof = Proof.CLAIMED
    reasons: tuple[Reason, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def judge_sender(facts: HandleFacts, people: Sequence[KnownPerson]) -> Judgement:
    """Who the sender is. ``people`` are those that share anything with the facts; their order does not matter.

    Known is only whoever holds this very handle by at least probable proof, and alone; then ``proof`` is the
    weaker of how the handle was proved once and how this message proves it now.
    """
    holders = [(person, held) for person in people if (held := _held(person, facts)) is not None]
    sure = [(person, held) for person, held in holders if held.proof > Proof.CLAIMED]
    if len(sure) == 1:
        person, held = sure[0]
        reasons: tuple[Reason, ...] = (Reason("exact_handle", 100, facts.value),)
        if facts.proof is Proof.CLAIMED:
            reasons += (Reason("unproven_handle"),)
        return Judgement(standing=Standing.KNOWN, person=person.id, proof=min(held.proof, facts.proof), reasons=reasons)
    suggestions = [_suggest(facts, person) for person in people]
    likely = sorted((one for one in suggestions if one.score >= SUGGEST_FROM), key=lambda one: (-one.score, one.person))
    if likely:
        return Judgement(
            standing=Standing.PROVISIONAL, proof=facts.proof, reasons=likely[0].reasons, suggestions=tuple(likely)
        )
    return Judgement(standing=Standing.NEW, proof=facts.proof)


def _held(person: KnownPerson, facts: HandleFacts) -> KnownHandle | None:
    return next((held for held in person.handles if (held.kind, held.value) == (facts.kind, facts.value)), None)


def _suggest(facts: HandleFacts, person: KnownPerson) -> Suggestion:
    reasons: list[Reason] = []
    if _held(person, facts):
        reasons.append(Reason("exact_handle", 50, facts.value))
    if same_name(facts.name, person.name):
        reasons.append(Reason("same_name", SAME_NAME))
    domain = facts.value.rpartition("@")[2] if "@" in facts.value else ""
    if domain in person.domains:
        reasons.append(Reason("same_domain", SAME_DOMAIN, domain))
    written = handles_in(facts.text)
    for held in person.handles:
        if held.proof > Proof.CLAIMED and held.value in written and held.value != facts.value:
            reasons.append(Reason("signature_handle", SIGNATURE_HANDLE, held.value))
            break
    reasons += _ticket_reasons(facts, person)
    return Suggestion(person.id, min(100, sum(reason.points for reason in reasons)), tuple(reasons))


def _ticket_reasons(facts: HandleFacts, person: KnownPerson) -> list[Reason]:
    """A number or the exact subject of an open ticket counts more than words like it; only the best counts."""
    numbers = ticket_numbers(facts.subject, facts.text)
    words = digest(facts.subject, facts.text)
    best: Reason | None = None
    for ticket in person.open_tickets:
        subject = digest(ticket.subject, "")
        same = subject.mass >= 2 and subject.weights == digest(facts.subject, "").weights
        like = likeness(words, digest(ticket.subject, ticket.text))
        if ticket.number.upper() in numbers or same:
            return [Reason("mentions_ticket", MENTIONS_TICKET, ticket.number)]
        points = round(SIMILAR_TICKET * like)
        if like >= _ENOUGH_LIKENESS and (best is None or points > best.points):
            best = Reason("similar_ticket", points, ticket.number)
    return [best] if best else []


def handles_in(text: str) -> frozenset[str]:
    """Mail addresses and phone numbers that the first few thousand characters give, normalised."""
    text = text[:MAX_CHARS]
    emails = {normal_email(found) for found in _EMAIL.findall(text)}
    return frozenset(emails | {normal_phone(found) for found in _PHONE.findall(text)})
