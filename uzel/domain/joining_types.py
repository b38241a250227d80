"""The facts that joining decides by, and what it answers. No text is read here and nothing is decided."""

import datetime as dt
import enum
from collections.abc import Mapping

import msgspec

from uzel.domain.reasons import Reason
from uzel.domain.statuses import REOPENING_WINDOW, Status

TicketId = int
PersonId = int
AgentId = int
ServiceId = int


class Proof(enum.IntEnum):
    """How far a handle can be believed; a higher level includes the lower ones."""

    CLAIMED = 0  # anybody could have written this address
    PROBABLE = 1  # the network says so: caller id, a phone that a messenger tied to an account
    PROVEN = 2  # signed in, aligned DKIM, a code sent there and given back


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in, as far as joining cares.

    ``text`` is what the person wrote now, ``quoted`` what stood below it. ``token_ticket`` comes from a token
    whose signature was checked. ``reply_tickets`` are the tickets of the quoted message ids, strongest first.
    ``thread_ticket`` is the ticket that the same chat hangs on. All ids are roots: merges are followed before.
    ``shared`` means that several people use the address. ``assets`` are words or ids of equipment named in it.
    """

    sender: PersonId | None
    proof: Proof = Proof.CLAIMED
    subject: str = ""
    text: str = ""
    quoted: str = ""
    sent_at: dt.datetime | None = None
    is_call: bool = False
    is_reply_subject: bool = False
    automatic: bool = False
    shared: bool = False
    service: ServiceId | None = None
    assets: frozenset[str] = frozenset()
    token_ticket: TicketId | None = None
    reply_tickets: tuple[TicketId, ...] = ()
    thread_ticket: TicketId | None = None
    callee: AgentId | None = None


class OpenTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that the contact might belong to: the person's live ones, those done lately, those hinted at.

    ``text`` is the first message and the last few words of the timeline, newest last; a few kilobytes.
    ``last_contact_at`` is the last message or call with the person's side in either direction;
    ``last_entry_at`` the last entry of any kind, and only breaks ties.
    """

    id: TicketId
    number: str
    subject: str
    text: str
    requester: PersonId
    status: Status
    last_contact_at: dt.datetime
    last_entry_at: dt.datetime
    participants: frozenset[PersonId] = frozenset()
    owner: AgentId | None = None
    service: ServiceId | None = None
    assets: frozenset[str] = frozenset()
    resolved_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None

    def may_be_touched_by(self, person: PersonId | None) -> bool:
        """Whether words of this person may stand here without anybody's say-so."""
        return person is not None and (person == self.requester or person in self.participants)

    @property
    def done_at(self) -> dt.datetime | None:
        """When it was done, None while work is left."""
        if self.status is Status.RESOLVED:
            return self.resolved_at or self.last_entry_at
        if self.status is Status.CLOSED:
            return self.closed_at or self.resolved_at or self.last_entry_at
        return None


# What a reason adds. The first block is product rule 1 word for word; the second was added because rule 1 alone
# can't reach 60 for a second message without a service (25 + 30), nor tell a new matter in the same hour.
DEFAULT_POINTS: Mapping[str, int] = {
    "callee": 30,
    "recent_2h": 25,
    "recent_24h": 15,
    "recent_72h": 8,
    "similar": 30,  # the most; scaled by likeness
    "same_service": 15,
    "waiting": 15,
    # added
    "only_live": 10,  # with one ticket in work there is nothing to confuse it with
    "continues": 15,  # "still", "any news": the person says that it was reported before
    "thanks": 15,  # thanks are for something done
    "sole_reference": 20,  # such words without a topic of their own, and only one ticket they can mean
    "vague_reference": 10,  # such words, and several tickets that they may mean: worth a question
    "same_subject": 15,  # gateways cut message ids; "Re:" and the same words remain
    "number": 55,  # named by the person: strong, yet a slip of a digit must not be enough alone
    "quoted_number": 35,  # a notification of ours quoted below, when a gateway cut every id; people also quote old mail
    "number_elsewhere": -30,
    "thread_idle": 35,  # messengers keep one chat for years: after a pause it is a hint, no proof
    "other_service": -15,
    "off_topic": -20,  # enough words of its own and none in common
    "contradicts": -20,  # two hosts, two orders, two guests: same form, another case
    "new_topic": -30,  # the person says so
    "call_only_chain": 60,
    "number_not_yours": 40,
    "reply_stranger": 45,
}


class JoinPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of rule 1, as set for the channel that the contact came by."""

    points: Mapping[str, int] = msgspec.field(default_factory=lambda: dict(DEFAULT_POINTS))
    join_from: int = 60
    ask_from: int = 35
    # Two tickets closer than this are not told apart by the score.
    clear_lead: int = 10
    # Likeness (0..1) that already earns all points, and below which nothing is in common.
    full_likeness: float = 0.5
    no_likeness: float = 0.08
    # What a text with a topic of its own needs besides the score, unless it points back in words. Without it a
    # third of random pairs of real tickets of one broad service, an hour apart, would have been joined.
    enough_likeness: float = 0.4
    # What a shared mailbox needs besides the score.
    shared_likeness: float = 0.45
    # Weight of own words from which a text has a topic of its own.
    topic_mass: float = 2.5
    # … up to which the words that a ticket does not have leave a text without one ("when will it be ready?"),
    vague_mass: float = 1.5
    # … and from which it is so long that a "still" in it proves little.
    long_mass: float = 10.0
    # A chat silent for longer than this is no longer "running".
    running_chat: dt.timedelta = dt.timedelta(hours=8)
    call_window: dt.timedelta = dt.timedelta(hours=24)
    # Done and untouched for longer: a guess may ask but not reopen.
    fresh: dt.timedelta = dt.timedelta(hours=72)
    reopening_window: dt.timedelta = REOPENING_WINDOW
    # A message sent long ago and delivered now is judged by when it was written, up to this age.
    believed_delay: dt.timedelta = dt.timedelta(hours=72)


class Verdict(enum.StrEnum):
    JOIN = "join"
    ASK = "ask"
    NEW = "new"
    HOLD = "hold"  # automatic mail that belongs nowhere: kept as a delivery, opens nothing


class Asked(enum.StrEnum):
    """Who may be asked. Asking the sender names a ticket, so it must be one that they may see anyway."""

    SENDER = "sender"
    AGENT = "agent"


class Alternative(msgspec.Struct, frozen=True):
    """A ticket that it might belong to. ``sender_may_see`` is False for one that only an agent may be shown."""

    ticket: TicketId
    score: int
    reasons: tuple[Reason, ...]
    sender_may_see: bool = True


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with a contact, and why.

    ``ticket`` is where it joins, or with ``ask`` the best guess, else None. ``score`` is the sum of the points of
    ``reasons``, kept within 0..100. ``follows`` is the done ticket that a new one continues. ``reopens`` says
    that joining means work again. ``asked`` is set with ``ask`` only.
    """

    verdict: Verdict
    ticket: TicketId | None = None
    score: int = 0
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    follows: TicketId | None = None
    reopens: bool = False
    asked: Asked | None = None


def total(reasons: tuple[Reason, ...]) -> int:
    """The score that reasons add up to, 0..100."""
    return max(0, min(100, sum(reason.points for reason in reasons)))
