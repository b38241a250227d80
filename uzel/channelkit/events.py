"""What a channel makes of a delivery: the only words the pipeline understands."""

import datetime as dt
import enum
from typing import Any

import msgspec


class HintKind(enum.IntEnum):
    """What points at a ticket, strongest first."""

    TOKEN = 0  # signed by us: plus-address, Reply-To, subject or body token
    REPLY = 1  # quotes one of our or the sender's earlier message ids
    CHAT = 2  # the same running conversation in the channel's own terms


class ThreadHint(msgspec.Struct, frozen=True):
    kind: HintKind
    value: str


class Address(msgspec.Struct, frozen=True):
    """One handle as the channel saw it, not yet normalised."""

    kind: str
    value: str
    name: str = ""


class File(msgspec.Struct, frozen=True):
    """One attached file. ``content`` is None when it was not taken in; ``problem`` then says why, for people."""

    name: str
    content_type: str
    size: int
    content: bytes | None = None
    content_id: str = ""
    inline: bool = False
    problem: str = ""


class Automatic(enum.StrEnum):
    NONE = "none"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto-reply"
    LIST = "list"
    LOOP = "loop"


class Forwarded(msgspec.Struct, frozen=True):
    """The original mail inside a forwarded one; offers its sender as requester."""

    sender: Address
    to: tuple[Address, ...] = ()
    subject: str = ""
    date: dt.datetime | None = None


class MessageReceived(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wrote. ``external_id`` is unique within the channel account and makes intake idempotent.

    ``text`` is what the person wrote now; ``full_text`` all that was shown, quotes included; ``html`` is raw
    and never shown before sanitising. ``evidence`` says how far the sender's address can be believed.
    """

    external_id: str
    sender: Address
    recipients: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    full_text: str = ""
    html: str = ""
    sent_at: dt.datetime | None = None
    hints: tuple[ThreadHint, ...] = ()
    files: tuple[File, ...] = ()
    automatic: Automatic = Automatic.NONE
    forwarded: Forwarded | None = None
    warnings: tuple[str, ...] = ()
    evidence: str = ""
    meta: dict[str, Any] = {}


class DispatchState(enum.IntEnum):
    """How far an outgoing message came; only ever moves to a higher number, except by an explicit retry."""

    QUEUED = 0
    SENDING = 1
    UNSURE = 2  # the provider may or may not have taken it; a person decides
    SENT = 3
    DELIVERED = 4
    READ = 5
    FAILED = 6
    CANCELLED = 7


class DispatchReported(msgspec.Struct, frozen=True, kw_only=True):
    """The other side says what became of a message of ours: a bounce, a delivery or read receipt.

    ``provider_ids`` are tried in order until one names a dispatch. ``permanent`` is None when unknown.
    """

    external_id: str
    provider_ids: tuple[str, ...]
    recipient: str = ""
    state: DispatchState = DispatchState.FAILED
    code: str = ""
    reason: str = ""
    permanent: bool | None = None


Event = MessageReceived | DispatchReported
