"""Everybody's mailbox: takes any mail for anybody and keeps it, so that trials never write to the world.

The demo runs it as a role of its own (``uzel mailbox``), the drills inside themselves.
"""

import asyncio
import email
import signal
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from uzel.kernel.config import Config

KEPT = 200  # mails in the demo's folder

log = structlog.get_logger()


class Mailbox:
    """Listens on a loopback port (0: any free one) from ``with`` to its end; ``keep`` is told of every mail."""

    def __init__(self, port: int = 0, keep: Callable[[bytes], None] | None = None) -> None:
        self._mails: list[tuple[str, EmailMessage]] = []
        self._arrived = threading.Condition()
        self._keep = keep
        self._controller = _Controller(self, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)

    @property
    def port(self) -> int:
        return listening_port(self._controller)

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop(no_assert=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook."""
        content = bytes(envelope.original_content or b"")
        mail = email.message_from_bytes(content, policy=default)
        with self._arrived:
            self._mails += [(recipient.lower(), mail) for recipient in envelope.rcpt_tos]
            del self._mails[:-KEPT]
            self._arrived.notify_all()
        if self._keep is not None:
            await asyncio.to_thread(self._keep, content)
        return "250 2.0.0 Kept"

    def to(self, address: str) -> list[EmailMessage]:
        """What ``address`` has received, the oldest first."""
        with self._arrived:
            return [mail for recipient, mail in self._mails if recipient == address.lower()]

    def wait(self, address: str, is_it: Callable[[EmailMessage], bool], seconds: float) -> EmailMessage | None:
        """The first mail to ``address`` that ``is_it``, as soon as it is there; None after ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            for mail in self.to(address):
                if is_it(mail):
                    return mail
            with self._arrived:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._arrived.wait(min(left, 0.2))


class _Controller(Controller):
    """Asked for any free port, it must know which one before it calls itself to see that it answers."""

    def _trigger_server(self) -> None:
        self.port = listening_port(self)
        super()._trigger_server()


def listening_port(controller: Controller) -> int:
    return int(controller.server.sockets[0].getsockname()[1])  # type: ignore[union-attr]  # it listens


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def run(config: Config) -> None:
    """The demo's mailbox: every mail that leaves becomes a file in <home>/mailbox and a line in the log."""
    folder = config.home / "mailbox"
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    with Mailbox(mailbox_port(config), keep=lambda content: _file(folder, content)) as mailbox:
        log.info("mailbox: everything that the demo mails arrives here", port=mailbox.port, folder=str(folder))
        stop.wait()


def mailbox_port(config: Config) -> int:
    """Beside the port where Uzel takes mail."""
    return (config.smtp_port or 2525) + 1


def _file(folder: Path, content: bytes) -> None:
    path = folder / f"{time.time_ns()}.eml"
    path.write_bytes(content)
    mail = email.message_from_bytes(content, policy=default)
    log.info("mailbox: mail", to=mail["To"], subject=mail["Subject"], file=path.name)
    for old in sorted(folder.glob("*.eml"))[:-KEPT]:
        old.unlink(missing_ok=True)
