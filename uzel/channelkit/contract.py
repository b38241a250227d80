"""What a channel folder must offer. A channel is a module that satisfies ``Channel``; it owns no table.

Optional on top, looked for by name:

``listeners(account, sink) -> Sequence[Listener]``
    connections that this account holds open; ``uzel connect`` runs them on one node of the cluster, under a lease.
``doors(directory) -> Sequence[Listener]``
    ports on which others bring something for any account of the kind; ``uzel connect`` runs them on every node.
``provider_id(client_key, account) -> str``
    for channels that name their messages themselves: known, and stored, before the first attempt.
``verify(hook, account) -> bool``
    for channels whose provider signs its webhooks: whether this one is genuine. A channel without it that has a
    setting ``hook_token`` takes what is posted to ``/hooks/<channel>/<hook_token>``.
"""

import datetime as dt
import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from uzel.channelkit.events import Event


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One configured channel: settings with secrets opened, the state a listener keeps between runs."""

    id: int
    kind: str
    name: str
    settings: Mapping[str, Any]
    region: str = "RU"
    secret: bytes = b""  # signs this installation's tokens


class RawDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes as the channel brought them, with the little that is known from outside (peer, mailbox, uid)."""

    external_id: str
    body: bytes
    headers: Mapping[str, str] = {}
    received_at: dt.datetime | None = None


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it was posted: header names in lower case, ``token`` the last part of the address."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    token: str = ""


class OutgoingFile(msgspec.Struct, frozen=True):
    name: str
    content_type: str
    size: int
    open: Callable[[], bytes]


class Choice(msgspec.Struct, frozen=True):
    """A question's answer by one tap: a button where the channel has them, else a link under the text."""

    label: str
    url: str


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One entry on its way out through one channel. ``client_key`` is the same on every attempt."""

    client_key: str
    to: str
    to_name: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    ticket_number: str = ""
    reply_token: str = ""  # signed; whoever answers with it reaches the ticket
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    automatic: bool = False  # an answer by rule: marked so that robots do not answer it
    author_name: str = ""
    language: str = "ru"
    choices: tuple[Choice, ...] = ()


class Outcome(enum.StrEnum):
    ACCEPTED = "accepted"
    RETRY = "retry"  # refused for now or never reached: safe to send again
    REFUSED = "refused"  # refused for good
    UNSURE = "unsure"  # broke after the content was handed over: sending again may double it


class SendResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider said, for people in both languages; ``code`` is the provider's own."""

    outcome: Outcome
    provider_id: str = ""
    code: str = ""
    reason_en: str = ""
    reason_ru: str = ""
    retry_after: float = 0.0  # seconds


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Data, so that no code outside the folder ever compares a channel's name."""

    handle_kind: str
    max_text: int = 0  # 0: no limit
    max_file: int = 0  # bytes, 0: no files
    rich_text: bool = False
    subject: bool = False
    read_receipts: bool = False
    window_hours: int = 0  # 0: no window
    answers_automatically: bool = False  # an auto-reply with the number makes sense here
    internal: bool = False  # lives in Uzel itself: what is written there is delivered by being stored
    original: str = "application/octet-stream"  # content type of a raw delivery
    parallel: int = 4  # messages handed over at once
    per_minute: int = 0  # messages a node hands over at most, 0: no limit


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a connection test: what was tried, whether it worked, what to do if not."""

    ok: bool
    what_en: str
    what_ru: str
    hint_en: str = ""
    hint_ru: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. The admin form is drawn from these; ``secret`` is masked by type and stored encrypted."""

    name: str
    type: str  # text | number | boolean | secret | choice | email | host
    label_en: str
    label_ru: str
    help_en: str = ""
    help_ru: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


class Sink(Protocol):
    """Where listeners put what they receive and keep where they stand."""

    async def store(self, delivery: RawDelivery) -> bool:
        """Commit it; only after the return may the provider be told that it was taken. False: seen before."""

    async def load_state(self, name: str) -> Mapping[str, Any]: ...

    async def save_state(self, name: str, state: Mapping[str, Any]) -> None:
        """Durable cursor (UIDVALIDITY and last UID, long-poll marker); saved after what it covers is stored."""

    async def healthy(self) -> None:
        """The line works right now."""

    async def failing(self, en: str, ru: str) -> None:
        """The line does not work, or leaves something out; the reason is shown to the administrator."""


class Directory(Protocol):
    """The active accounts of one kind as they stand now, for doors that serve them all."""

    def accounts(self) -> Sequence[Account]: ...

    def sink(self, account: Account) -> Sink: ...


Listener = Callable[[], Awaitable[None]]
"""Runs until cancelled. Mends what it can by itself; an exception makes ``uzel connect`` start it anew."""


@runtime_checkable
class Channel(Protocol):
    KIND: str
    CAPABILITIES: Capabilities
    SETTINGS: Sequence[Field]

    def parse(self, delivery: RawDelivery, account: Account) -> tuple[Event, ...]:
        """Pure. Raises UnreadablePayload for what can't be understood; never anything else."""

    def send(self, message: Outgoing, account: Account) -> SendResult:
        """Hand one message to the provider. Never raises for what the provider or the network does."""

    def check(self, account: Account) -> Sequence[Finding]:
        """Really connect and say what is wrong; used by ``uzel doctor`` and the settings form."""
