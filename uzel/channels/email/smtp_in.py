"""Mail that a mail server hands over: SMTP and LMTP. 250 is said only after the store has committed.

Nothing is relayed: every recipient must be an address of one of our mailboxes, with or without a plus-key.
"""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from uzel.channelkit.contract import Account, Directory, Listener, RawDelivery
from uzel.channels.email.compose import clean_header
from uzel.channels.email.identity import base_address, delivery_key
from uzel.channels.email.settings import read_settings
from uzel.kernel.config import Config, load_config

LARGEST = 100 << 20  # bytes: 50 MB of files and what their encoding adds
CONNECTIONS = 100
CONNECTIONS_PER_PEER = 25
WRONG_RECIPIENTS = 20  # in one connection; then it is closed
RETRY_BIND = 5.0  # seconds
_LINE = 16 << 20  # bytes: broken programs write whole documents as one line

_LATER = "451 4.3.0 Not stored, try again later"
_log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd reports every command


def doors(directory: Directory) -> Sequence[Listener]:
    """One SMTP and one LMTP port of this node, as configured; for all mailboxes together."""
    config = load_config()
    ports = ((config.smtp_port, SmtpDoor), (config.lmtp_port, LmtpDoor))
    return [partial(listen, directory, config, port, kind) for port, kind in ports if port]


async def listen(directory: Directory, config: Config, port: int, kind: "type[SmtpDoor] | type[LmtpDoor]") -> None:
    """Serve until cancelled. A port that is taken is tried again: the process before us may just be ending."""
    loop = asyncio.get_running_loop()
    gate = Gate()
    context = _certificate(config)

    def make() -> SMTP:
        return kind(
            Reception(directory),
            gate=gate,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="Uzel",
            tls_context=context,
            loop=loop,
        )

    while True:
        try:
            server = await loop.create_server(make, config.smtp_host, port)
        except OSError as error:
            _log.warning("port %s can't be opened for mail: %s", port, error)
            await asyncio.sleep(RETRY_BIND)
            continue
        async with server:
            await server.serve_forever()


class Gate:
    """How many connections stand open, in all and from each peer."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        self._open[peer] += 1
        return self._open[peer] <= CONNECTIONS_PER_PEER and self._open.total() <= CONNECTIONS

    def leave(self, peer: str) -> None:
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]


class _Gated(SMTP):
    """Turns away connections beyond the limits before a word is read from them."""

    line_length_limit = _LINE

    def __init__(self, handler: Any, *, gate: Gate, **options: Any) -> None:
        super().__init__(handler, **options)
        self._gate = gate
        self._peer: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._peer is None:  # STARTTLS calls this a second time
            self._peer = str((transport.get_extra_info("peername") or ("local",))[0])
            if not self._gate.enter(self._peer) and isinstance(transport, asyncio.WriteTransport):
                transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
                transport.close()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if self._peer is not None and self.transport is None:
            self._gate.leave(self._peer)
            self._peer = None


class SmtpDoor(_Gated):
    """One SMTP connection."""


class LmtpDoor(_Gated, LMTP):
    """One LMTP connection: the answer to the mail is given once for each recipient (RFC 2033)."""


class Reception:
    """The answers to one connection's commands (names and arguments are aiosmtpd's)."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._wrong = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._wrong >= WRONG_RECIPIENTS:
            return "421 4.7.0 Too many unknown recipients"
        if not find_accounts(self._directory.accounts(), address):
            self._wrong += 1
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Each mailbox among the recipients gets the mail once, however many of its addresses are named."""
        answer = await self._take(session, envelope)
        per_recipient = len(envelope.rcpt_tos) if isinstance(server, LMTP) else 1
        return "\r\n".join([answer] * per_recipient)

    async def handle_exception(self, error: Exception) -> str:
        _log.error("mail not taken", exc_info=error)
        return _LATER

    async def _take(self, session: Session, envelope: Envelope) -> str:
        accounts = self._directory.accounts()
        named: dict[int, tuple[Account, list[str]]] = {}
        for address in envelope.rcpt_tos:
            for account in find_accounts(accounts, address):
                named.setdefault(account.id, (account, []))[1].append(address)
        if not named:
            return _LATER  # the mailbox was switched off since RCPT
        for account, addresses in named.values():
            sink = self._directory.sink(account)
            await sink.store(_delivery(session, envelope, addresses))
            await sink.healthy()
        return "250 2.0.0 Stored"


def find_accounts(accounts: Sequence[Account], address: str) -> list[Account]:
    """The mailbox that ``address`` belongs to: by name first, then by a whole domain."""
    local, at, domain = base_address(address).rpartition("@")
    if not at or not local:
        return []
    by_name = [account for account in accounts if f"{local}@{domain}" in own_addresses(account)]
    return (by_name or [account for account in accounts if f"@{domain}" in own_addresses(account)])[:1]


def own_addresses(account: Account) -> set[str]:
    settings = read_settings(account)
    return {_comparable(address) for address in (settings.address, *settings.aliases)}


def _comparable(address: str) -> str:
    return address.lower() if address.startswith("@") else base_address(address)


def _delivery(session: Session, envelope: Envelope, addresses: list[str]) -> RawDelivery:
    peer = str((session.peer or ("local",))[0])
    sender = envelope.mail_from if envelope.mail_from not in (None, "<>") else ""
    raw = bytes(envelope.original_content or b"")
    trace = [f"Return-Path: <{clean_header(str(sender))}>"]
    trace += [f"Delivered-To: {clean_header(address)}" for address in addresses]
    return RawDelivery(
        external_id=delivery_key(raw),
        body="".join(f"{line}\r\n" for line in trace).encode("utf-8", "replace") + raw,
        headers={
            "by": "smtp",
            "peer": peer,
            "helo": clean_header(str(session.host_name or "")),
            "mail_from": str(sender),
            "rcpt_to": ", ".join(addresses),
        },
    )


def _certificate(config: Config) -> ssl.SSLContext | None:
    """STARTTLS is offered when a certificate is configured."""
    if not config.smtp_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(config.smtp_certificate, config.smtp_key or None)
    return context
