"""Who wrote: the holder of the address, or somebody new, who may be a suggestion but never a silent merge."""

from collections.abc import Iterable
from itertools import combinations

import msgspec

from uzel.domain.identity import (
    HandleFacts,
    KnownHandle,
    KnownPerson,
    KnownTicket,
    Standing,
    Suggestion,
    handles_in,
    judge_sender,
)
from uzel.domain.joining_types import Proof
from uzel.domain.names import name_parts
from uzel.kernel.handles import EMAIL
from uzel.pipeline.incoming import Incoming
from uzel.pipeline.reasons import plain
from uzel.store.intake.facts import HandleFact, Lookalike
from uzel.store.intake.rows import HandleRow, PersonRow, SuggestionRow
from uzel.store.intake.unit import Unit

_REFUTED = ("dmarc=fail", "spf=fail", "dkim=fail")
_MOST_SUGGESTIONS = 3
LONGEST_NAME = 200


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """The person a message is from. ``proof`` says how far this very message can be believed to be theirs."""

    person_id: int
    organization_id: int | None
    language: str
    time_zone: str
    proof: Proof
    is_shared: bool = False


def strangers(batch: Iterable[Incoming], unit: Unit) -> tuple[list[str], list[str]]:
    """By which words of names and which addresses in texts the unknown senders of a batch may be found."""
    names: set[str] = set()
    values: set[str] = set()
    for incoming in batch:
        if unit.find_handle(*incoming.handle) is None:
            words = sorted(part for part in name_parts(incoming.event.sender.name) if len(part) > 1)[:3]
            names.update(" ".join(pair) for pair in combinations(words, 2))
            values.update(handles_in(incoming.event.text))
    return sorted(names), sorted(values)


def identify(incoming: Incoming, unit: Unit) -> Sender:
    """Find the sender, or make one with an address that nobody proved yet."""
    fact = unit.find_handle(*incoming.handle) or _newcomer(incoming, unit)
    return Sender(
        person_id=fact.person_id,
        organization_id=fact.organization_id,
        language=fact.language,
        time_zone=fact.time_zone,
        proof=_proof(incoming, fact),
        is_shared=fact.is_shared,
    )


def _proof(incoming: Incoming, fact: HandleFact) -> Proof:
    """An address that nothing speaks against is as good as a caller's number: probable. One that the receiving
    server refutes is only claimed, however well the address itself was proved once. No address proves nothing."""
    if not incoming.handle[1] or any(sign in incoming.event.evidence for sign in _REFUTED):
        return Proof.CLAIMED
    return max(Proof(fact.proof - 1), Proof.PROBABLE)


def _newcomer(incoming: Incoming, unit: Unit) -> HandleFact:
    address = incoming.event.sender
    likely = _suggestions(incoming, unit)
    kind, value = incoming.handle
    name = (address.name or address.value)[:LONGEST_NAME]
    person = PersonRow(
        id=unit.next_id("person"),
        name=name,
        name_parts=sorted(name_parts(name)),
        organization_id=_organization(incoming, unit),
        language=unit.catalogue.language,
        is_provisional=bool(likely),
        created_at=unit.now,
    )
    handle = HandleRow(
        person_id=person.id,
        kind=kind,
        value=value,
        shown=address.value,
        proof=int(Proof.CLAIMED) + 1,
        evidence=incoming.event.evidence,
        valid_from=unit.now,
    )
    fact = unit.add_person(person, handle)
    for one in likely[:_MOST_SUGGESTIONS]:
        unit.add(
            SuggestionRow(
                person_id=person.id,
                target_id=one.person,
                score=one.score,
                reasons=[plain(reason) for reason in one.reasons],
                created_at=unit.now,
            )
        )
    return fact


def _suggestions(incoming: Incoming, unit: Unit) -> tuple[Suggestion, ...]:
    """Who among the people found by name or by an address in the text it probably is."""
    if not unit.lookalikes:
        return ()
    event = incoming.event
    kind, value = incoming.handle
    facts = HandleFacts(
        kind=kind,
        value=value,
        name=event.sender.name,
        subject=event.subject,
        text=event.full_text or event.text,
    )
    judged = judge_sender(facts, [_known(one, unit) for one in unit.lookalikes])
    return judged.suggestions if judged.standing is Standing.PROVISIONAL else ()


def _known(one: Lookalike, unit: Unit) -> KnownPerson:
    held = zip(one.kinds, one.values, one.proofs, strict=True)
    tickets = [ticket for ticket in unit.tickets_of(one.id) if ticket.is_open]
    return KnownPerson(
        id=one.id,
        name=one.name,
        handles=tuple(KnownHandle(kind, value, Proof(proof - 1)) for kind, value, proof in held),
        domains=frozenset(one.domains),
        open_tickets=tuple(KnownTicket(f"U-{ticket.id}", ticket.subject, ticket.digest) for ticket in tickets),
    )


def _organization(incoming: Incoming, unit: Unit) -> int | None:
    kind, value = incoming.handle
    return unit.organizations.get(value.rpartition("@")[2]) if kind == EMAIL else None
