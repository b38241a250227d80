"""All of Uzel as people run it: one ``uzel up``, its roles behind one port, mail in by SMTP, mail out to a mailbox."""

import os
import signal
import smtplib
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.browser.seed import ADDRESS, PASSWORD
from tests.mail.ports import answers as is_open
from tests.mail.ports import free_port
from uzel.roles.mailbox import Mailbox

ROOT = Path(__file__).parents[2]
START_DEADLINE = 60.0  # seconds
MAIL_DEADLINE = 30.0  # a reply waits ten seconds, in which it can be called back

T = TypeVar("T")


def eventually(ask: Callable[[], T], what: str, *, within: float = MAIL_DEADLINE) -> T:
    """The first true answer."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
        time.sleep(0.05)
    return answer


class Caller:
    """A signed-in person without a browser, for what a test needs but is not about."""

    def __init__(self, url: str, login: str) -> None:
        self._base = f"{url}/api/v1"
        self._http = requests.Session()
        self._http.headers["X-Uzel-Client"] = "web"
        self._call("POST", "/session", json={"login": login, "password": PASSWORD})

    @property
    def secret(self) -> str:
        return str(self._http.cookies["uzel_session"])

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._call("POST", path, json=body or {}, headers={"Idempotency-Key": uuid.uuid4().hex})

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        answer = self._http.request(method, self._base + path, timeout=20, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class Product:
    def __init__(self, port: int, smtp_port: int, mailbox: Mailbox) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.mailbox = mailbox
        self._smtp_port = smtp_port
        self._callers: dict[str, Caller] = {}

    def answers(self) -> bool:
        """Pages and the door for mail; each is a role of its own."""
        try:
            ready = requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False
        return ready and is_open(self._smtp_port)

    def caller(self, login: str) -> Caller:
        """Signed in once; trying passwords is counted."""
        if login not in self._callers:
            self._callers[login] = Caller(self.url, login)
        return self._callers[login]

    def mail(self, subject: str, text: str, *, sender: str, name: str = "", **headers: str) -> EmailMessage:
        """Send a mail as a mail server does."""
        mail = EmailMessage()
        mail["From"] = f"{name} <{sender}>" if name else sender
        mail["To"] = headers.pop("To", ADDRESS)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{uuid.uuid4().hex}@nord.example>"
        for header, value in headers.items():
            mail[header.replace("_", "-")] = value
        mail.set_content(text)
        self.send(mail)
        return mail

    def send(self, mail: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self._smtp_port, timeout=20) as line:
            line.send_message(mail, from_addr="sender@nord.example", to_addrs=[ADDRESS])

    def send_bytes(self, content: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self._smtp_port, timeout=20) as line:
            line.sendmail("sender@nord.example", [ADDRESS], content)

    def ticket_of(self, subject: str) -> dict[str, Any]:
        """The row of the ticket that a mail of this subject made, as soon as it is there."""

        def find() -> dict[str, Any] | None:
            rows = self.caller("anna").get("/tickets", view="all", limit=100)["items"]
            return next((row for row in rows if row["subject"] == subject), None)

        row = eventually(find, f"a ticket «{subject}»")
        assert row is not None
        return row

    def answer_to(self, address: str, text: str) -> EmailMessage:
        """The mail with ``text`` that ``address`` receives."""
        found = self.mailbox.wait(
            address, lambda mail: text in mail.as_string() or text in body_of(mail), MAIL_DEADLINE
        )
        assert found is not None, f"{address} never got «{text}»"
        return found


def body_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


@contextmanager
def running_product(database_url: str, home: Path) -> Iterator[Product]:
    port, smtp_port = free_port(), free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "UZEL_HOME": str(home),
        "UZEL_PORT": str(port),
        "UZEL_SMTP_PORT": str(smtp_port),
        "UZEL_WEB_WORKERS": "1",
        "UZEL_LOG_LEVEL": "warning",
    }
    with Mailbox() as mailbox, (home / "up.log").open("w") as log:
        seeding = [sys.executable, "-m", "tests.browser.seed", str(mailbox.port)]
        subprocess.run(seeding, env=environment, cwd=ROOT, check=True)
        command = [sys.executable, "-m", "uzel", "up"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        try:
            product = Product(port, smtp_port, mailbox)
            await_ready(process, product, home / "up.log")
            yield product
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def await_ready(process: "subprocess.Popen[bytes]", product: Product, log: Path) -> None:
    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        return product.answers()

    eventually(ready, "uzel up", within=START_DEADLINE)
