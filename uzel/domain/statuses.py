"""Where a ticket stands, which moves are allowed, and what a message does to it."""

import datetime as dt
import enum


class Status(enum.StrEnum):
    NEW = "new"  # nobody has answered yet
    OPEN = "open"  # the next word is ours
    WAITING_USER = "waiting_user"  # the next word is the person's; the solve clock pauses
    WAITING_OTHERS = "waiting_others"  # a supplier or another team; the solve clock runs on
    RESOLVED = "resolved"  # we say it is done; the person may say no
    CLOSED = "closed"  # confirmed, or nobody objected in time


class Mover(enum.StrEnum):
    """Who asks for a move."""

    REQUESTER = "requester"
    AGENT = "agent"
    SYSTEM = "system"


# How long after it was done a word about it still opens the same ticket; later a new one that follows it.
REOPENING_WINDOW = dt.timedelta(days=14)

LIVE = frozenset({Status.NEW, Status.OPEN, Status.WAITING_USER, Status.WAITING_OTHERS})
DONE = frozenset({Status.RESOLVED, Status.CLOSED})

_WORKING = frozenset({Status.OPEN, Status.WAITING_USER, Status.WAITING_OTHERS})
_MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: _WORKING | DONE,
    Status.OPEN: (_WORKING | DONE) - {Status.OPEN},
    Status.WAITING_USER: (_WORKING | DONE) - {Status.WAITING_USER},
    Status.WAITING_OTHERS: (_WORKING | DONE) - {Status.WAITING_OTHERS},
    Status.RESOLVED: frozenset({Status.OPEN, Status.WAITING_USER, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPEN}),
}


def is_open(status: Status) -> bool:
    """Whether work is left: drives counters, partial indexes and clocks. Resolved is not open."""
    return status in LIVE


def can_move(before: Status, after: Status) -> bool:
    """Whether the machine knows this step at all, whoever asks."""
    return after in _MOVES[before]


def may_move(before: Status, after: Status, mover: Mover) -> bool:
    """Whether ``mover`` may make this step.

    A requester confirms or rejects a solution and withdraws a request of their own; everything else is an
    agent's. The system closes what nobody objected to and opens what a message came for.
    """
    if not can_move(before, after):
        return False
    if mover is Mover.AGENT:
        return True
    if after is Status.CLOSED:
        return mover is Mover.REQUESTER or before in {Status.RESOLVED, Status.WAITING_USER}
    if after is Status.OPEN:
        return before is not Status.NEW
    return False


def may_confirm(*, status: Status, is_requester: bool, is_participant: bool, proven: bool) -> bool:
    """Whether this person's Yes closes the ticket: the requester or a participant, by a handle that is proven.

    An unproven yes would let anybody who can write from a look-alike address close what isn't theirs.
    """
    return status is Status.RESOLVED and proven and (is_requester or is_participant)


def within_reopening(done_at: dt.datetime | None, now: dt.datetime, window: dt.timedelta = REOPENING_WINDOW) -> bool:
    """Whether a word now still belongs to a ticket done at ``done_at`` (None: it is not done, so yes)."""
    return done_at is None or now - done_at <= window


def after_inbound(status: Status, *, automatic: bool = False, only_thanks: bool = False) -> Status:
    """The status after a message from the person's side was joined.

    Automatic mail and mere thanks change nothing: an out-of-office must not reopen, a "thank you" is no work.
    A ticket that waits for others goes on waiting: the person's word does not bring the supplier's part.
    """
    if automatic or (only_thanks and status in DONE):
        return status
    if status in DONE or status is Status.WAITING_USER:
        return Status.OPEN
    return status


def after_reply(status: Status, *, asks: bool, resolves: bool = False) -> Status:
    """The status after an agent wrote to the person: resolved, waiting for the answer asked for, or in work."""
    if resolves:
        return Status.RESOLVED if status is not Status.CLOSED else status
    if asks:
        return Status.WAITING_USER
    return Status.OPEN if status is Status.NEW else status
