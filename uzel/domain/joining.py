"""Attach first: to which ticket does a contact belong? Product rule 1; the most consequential guess of Uzel.

A wrong join shows one person's words to another and hides a problem inside a foreign ticket; a missed one costs
an agent one merge. So what points at a ticket by itself (token, reply, running chat) joins at once; points decide
otherwise; between the two thresholds somebody is asked; and nobody is ever joined by a guess to a ticket that
they may not touch.

Who is believed:

- a **token** is signed by us and sent to the people of the ticket only, so it joins whoever carries it, a stranger
  with an explicit reason (the entry is theirs, not the requester's: identity is judged elsewhere);
- a **message id** is no secret (it travels in every quote, and desks were hijacked by guessing it), so it joins
  only a sender who is on the ticket by a handle that is at least probable; anybody else makes an agent choose;
- a **running chat** is authenticated by its channel, so it joins whatever the proof of the person behind it;
- a **score** counts only over tickets of the sender, and an unproven sender gets at most a question to an agent.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec

from uzel.domain import phrases
from uzel.domain.joining_score import Reading, enough_for_shared, read, score, text_reaches
from uzel.domain.joining_types import (
    Alternative,
    Asked,
    Contact,
    Decision,
    JoinPolicy,
    OpenTicket,
    Proof,
    TicketId,
    Verdict,
    total,
)
from uzel.domain.reasons import Reason
from uzel.domain.statuses import DONE, LIVE, within_reopening

__all__ = ["Contact", "Decision", "JoinPolicy", "OpenTicket", "Proof", "Verdict", "decide"]

_MOST_ALTERNATIVES = 5

# What ties a text to a ticket without sharing words with it.
_POINTS_BACK = frozenset({"continues", "thanks", "number", "quoted_number", "waiting", "thread_idle", "same_subject"})


def decide(contact: Contact, candidates: Sequence[OpenTicket], policy: JoinPolicy, now: dt.datetime) -> Decision:
    """Where ``contact`` belongs. Depends on nothing but its arguments, and not on the order of ``candidates``.

    ``candidates`` must hold every ticket that a hint of the contact points at and every ticket of the sender that
    is live or was done within the reopening window; more does no harm.
    """
    desk = _Desk(
        reading=read(contact, candidates, policy, now), tickets={ticket.id: ticket for ticket in candidates}, now=now
    )
    if contact.automatic:
        return desk.automatic()
    pointed = desk.by_token() or desk.by_reply() or desk.by_running_chat()
    if pointed is not None:
        return pointed
    if contact.is_call and not contact.text.strip():
        return desk.by_call()
    return desk.by_score()


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One contact and its candidates, on the desk at one moment."""

    reading: Reading
    tickets: dict[TicketId, OpenTicket]
    now: dt.datetime

    # What points at a ticket by itself

    def automatic(self) -> Decision:
        """Joins the conversation that it answers, without opening it; anywhere else it is only kept."""
        contact = self.reading.contact
        for code, ids in (("token", (contact.token_ticket,)), ("reply", contact.reply_tickets)):
            for ticket in self._known(ids):
                if code == "token" or (self._may_touch(ticket) and contact.proof > Proof.CLAIMED):
                    reasons = (Reason(code, 100), Reason("automatic"))
                    return Decision(verdict=Verdict.JOIN, ticket=ticket.id, score=total(reasons), reasons=reasons)
        return Decision(verdict=Verdict.HOLD, reasons=(Reason("automatic"),))

    def by_token(self) -> Decision | None:
        for ticket in self._known((self.reading.contact.token_ticket,)):
            reason = Reason("token" if self._may_touch(ticket) else "token_stranger", 100)
            return self._join_or_follow(ticket, (reason,))
        return None

    def by_reply(self) -> Decision | None:
        quoted = self._known(self.reading.contact.reply_tickets)
        for ticket in quoted:
            if self._may_touch(ticket):
                return self._join_or_follow(ticket, (Reason("reply", 100),), limits=self._doubts())
        for ticket in quoted:
            if self._can_reopen(ticket):
                reason = Reason("reply_stranger", self.reading.policy.points["reply_stranger"])
                return self._ask((Alternative(ticket.id, total((reason,)), (reason,), False), *self._ranked()))
        return None

    def by_running_chat(self) -> Decision | None:
        for ticket in self._known((self.reading.contact.thread_ticket,)):
            running = ticket.status in LIVE and self.reading.gap(ticket) <= self.reading.policy.running_chat
            if running and self._may_touch(ticket):
                return self._join_or_follow(ticket, (Reason("thread", 100),), limits=self._announced())
        return None

    # What has to be judged

    def by_call(self) -> Decision:
        """Exactly one live ticket touched within the window joins; several, or a doubt, ask; else the score."""
        reading, ranked = self.reading, self._ranked()
        touched = [
            one
            for one in ranked
            if self.tickets[one.ticket].status in LIVE
            and reading.gap(self.tickets[one.ticket]) <= reading.policy.call_window
        ]
        if len(touched) == 1:
            return self._call_joins(touched[0], ranked)
        if touched:
            return self._ask(tuple(touched), (Reason("call_several"),))
        if ranked and ranked[0].score >= reading.policy.ask_from:
            return self._ask(ranked, (Reason("call_no_text"),))
        return self._new(ranked)

    def _call_joins(self, only: Alternative, ranked: tuple[Alternative, ...]) -> Decision:
        rule = Reason("call_only_chain", self.reading.policy.points["call_only_chain"])
        reasons = (rule, *only.reasons)
        dialled = tuple(one for one in ranked if self._owner_was_dialled(one))
        elsewhere = () if only in dialled else dialled
        limits = self._doubts() + self._shared() + ((Reason("ambiguous"),) if elsewhere else ())
        if limits:
            best = Alternative(only.ticket, total(reasons), reasons)
            return self._ask((best, *ranked), limits, always=elsewhere)
        return self._join_or_follow(self.tickets[only.ticket], reasons)

    def _owner_was_dialled(self, one: Alternative) -> bool:
        ticket, callee = self.tickets[one.ticket], self.reading.contact.callee
        return callee is not None and ticket.owner == callee and ticket.status in LIVE

    def by_score(self) -> Decision:
        policy, ranked, foreign = self.reading.policy, self._ranked(), self._named_but_foreign()
        best = ranked[0] if ranked else None
        if best is None or best.score < policy.ask_from:
            return self._ask(foreign) if foreign else self._named_but_over() or self._new(ranked)
        limits = self._limits(ranked)
        if best.score >= policy.join_from and not limits:
            return self._join_or_follow(self.tickets[best.ticket], best.reasons)
        return self._ask((*ranked, *foreign), limits)

    def _limits(self, ranked: tuple[Alternative, ...]) -> tuple[Reason, ...]:
        """Why the best ticket must not be joined without asking, however well it scores."""
        best, ticket = ranked[0], self.tickets[ranked[0].ticket]
        limits = self._doubts()
        if self.reading.contact.shared and not enough_for_shared(self.reading, ticket):
            limits += self._shared()
        if len(ranked) > 1 and _raw(best) - _raw(ranked[1]) < self.reading.policy.clear_lead:
            limits += (Reason("ambiguous"),)
        codes = {reason.code for reason in best.reasons}
        limits += tuple(Reason("contradicts", 0, one.detail) for one in best.reasons if one.code == "contradicts")
        if not text_reaches(self.reading, ticket, points_back=bool(codes & _POINTS_BACK)):
            limits += (Reason("little_in_common"),)
        if {"number", "other_service"} <= codes:
            limits += (Reason("number_doubtful"),)
        pointed = {"number", "thread_idle"} & codes
        if ticket.status in DONE and self.reading.gap(ticket) > self.reading.policy.fresh and not pointed:
            limits += (Reason("stale_done"),)
        return limits

    def _doubts(self) -> tuple[Reason, ...]:
        unproven = self.reading.contact.proof is Proof.CLAIMED
        return ((Reason("unproven"),) if unproven else ()) + self._announced()

    def _announced(self) -> tuple[Reason, ...]:
        topic = self.reading.other_topic
        return (Reason("new_topic", 0, topic),) if topic else ()

    def _shared(self) -> tuple[Reason, ...]:
        return (Reason("shared_mailbox"),) if self.reading.contact.shared else ()

    # Candidates

    def _known(self, ids: Sequence[TicketId | None]) -> list[OpenTicket]:
        return [self.tickets[one] for one in ids if one is not None and one in self.tickets]

    def _may_touch(self, ticket: OpenTicket) -> bool:
        return ticket.may_be_touched_by(self.reading.contact.sender)

    def _can_reopen(self, ticket: OpenTicket) -> bool:
        return within_reopening(ticket.done_at, self.now, self.reading.policy.reopening_window)

    def _ranked(self) -> tuple[Alternative, ...]:
        """Every ticket that the sender may touch and that can still take words, best first."""
        named = {t.number.upper() for t in self.tickets.values() if self._may_touch(t)} & self.reading.numbers
        scored: list[tuple[OpenTicket, Alternative]] = []
        for ticket in self.tickets.values():
            if self._may_touch(ticket) and self._can_reopen(ticket):
                reasons = score(self.reading, ticket)
                if named and ticket.number.upper() not in named:
                    reasons += (self._points("number_elsewhere", min(named)),)
                scored.append((ticket, Alternative(ticket.id, total(reasons), reasons)))
        scored.sort(key=lambda pair: _order(*pair), reverse=True)
        return tuple(one for _, one in scored)

    def _points(self, code: str, detail: str) -> Reason:
        return Reason(code, self.reading.policy.points[code], detail)

    def _named_but_foreign(self) -> tuple[Alternative, ...]:
        """Tickets of others whose number the sender gives: a manager, a mistyped digit, or somebody fishing."""
        found = []
        for ticket in sorted(self.tickets.values(), key=lambda t: t.id):
            if ticket.number.upper() in self.reading.numbers and not self._may_touch(ticket):
                reason = self._points("number_not_yours", ticket.number)
                found.append(Alternative(ticket.id, total((reason,)), (reason,), False))
        return tuple(found)

    def _named_but_over(self) -> Decision | None:
        """A new ticket that follows the long-done one of the sender whose number is given."""
        for ticket in sorted(self.tickets.values(), key=lambda t: t.id, reverse=True):
            if ticket.number.upper() in self.reading.numbers and self._may_touch(ticket):
                return self._follow(ticket, (Reason("number", 0, ticket.number),))
        return None

    # Answers

    def _join_or_follow(
        self, ticket: OpenTicket, reasons: tuple[Reason, ...], limits: tuple[Reason, ...] = ()
    ) -> Decision:
        if not self._can_reopen(ticket):
            return self._follow(ticket, tuple(msgspec.structs.replace(reason, points=0) for reason in reasons))
        if limits:
            return self._ask((Alternative(ticket.id, total(reasons), reasons),), limits)
        polite = phrases.only_thanks(self.reading.contact.text)
        return Decision(
            verdict=Verdict.JOIN,
            ticket=ticket.id,
            score=total(reasons),
            reasons=reasons,
            reopens=ticket.status in DONE and not polite,
        )

    def _follow(self, ticket: OpenTicket, reasons: tuple[Reason, ...]) -> Decision:
        return Decision(verdict=Verdict.NEW, reasons=(*reasons, Reason("reopening_over")), follows=ticket.id)

    def _ask(
        self,
        ranked: tuple[Alternative, ...],
        limits: tuple[Reason, ...] = (),
        always: tuple[Alternative, ...] = (),
    ) -> Decision:
        """Asks about the first of ``ranked``, offering those of the others that score enough or stand in ``always``.

        The sender is asked only when they are believed and may see every choice.
        """
        best, floor = ranked[0], self.reading.policy.ask_from
        others = tuple(one for one in ranked[1:] if one.ticket != best.ticket and (one.score >= floor or one in always))
        offered = (best, *others)[:_MOST_ALTERNATIVES]
        open_talk = self.reading.contact.proof > Proof.CLAIMED and all(one.sender_may_see for one in offered)
        return Decision(
            verdict=Verdict.ASK,
            ticket=best.ticket,
            score=best.score,
            reasons=(*best.reasons, *limits),
            alternatives=offered,
            asked=Asked.SENDER if open_talk else Asked.AGENT,
        )

    def _new(self, ranked: tuple[Alternative, ...]) -> Decision:
        if not ranked:
            return Decision(verdict=Verdict.NEW, reasons=(Reason("no_candidates"),))
        return Decision(
            verdict=Verdict.NEW, score=ranked[0].score, reasons=ranked[0].reasons or (Reason("nothing_fits"),)
        )


def _raw(one: Alternative) -> int:
    """The sum before it is kept within 0..100, so that two very good ones can still be told apart."""
    return sum(reason.points for reason in one.reasons)


def _order(ticket: OpenTicket, one: Alternative) -> tuple[int, dt.datetime, dt.datetime, TicketId]:
    return _raw(one), ticket.last_contact_at, ticket.last_entry_at, ticket.id
