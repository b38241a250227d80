"""A thousand mails come in by SMTP while roles are killed: each stands once, and no file is left over."""

import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from uzel.store.blobs import BlobStore
from uzel.store.models import Attachment, Blob, Channel, Delivery, Entry, Join, Team

MAILS = 1000
SENDERS = 4
DEADLINE = 90.0  # seconds for all of it


class Role:
    """One role as a process that can be killed and started again."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.name = name
        self._environment = environment
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "uzel", self.name], env=self._environment)

    def kill_and_restart(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def roles(environment: dict[str, str], *names: str) -> Iterator[list[Role]]:
    started = [Role(name, environment) for name in names]
    try:
        yield started
    finally:
        for role in started:
            role.stop()


def make_mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Сотрудник {number % 97} <user{number % 97}@nord.example>"
    mail["To"] = "support@desk.example"
    mail["Subject"] = f"Сбой станка {number * 7919}"
    mail["Message-ID"] = f"<kill-{number}@nord.example>"
    mail.set_content(f"Станок {number * 7919} остановился, код {number}.")
    if number % 10 == 0:
        content = random.Random(number).randbytes(60_000)
        mail.add_attachment(content, maintype="image", subtype="png", filename=f"{number}.png")
    return mail


def send_share(port: int, share: range, failures: list[BaseException], deadline: float) -> None:
    """Send until each was accepted, as a mail server does; after a broken line nobody knows, so it is sent again."""
    try:
        for number in share:
            mail = make_mail(number)
            while True:
                try:
                    with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
                        line.send_message(mail)
                    break
                except (smtplib.SMTPException, OSError):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
    except BaseException as error:
        failures.append(error)
        raise


@pytest.mark.timeout(180)
def test_a_thousand_mails_survive_the_killing_of_every_role(database_url: str, tmp_path: Path) -> None:
    Team.objects.create(name_ru="Первая линия", name_en="First line", is_default=True)
    Channel.objects.create(kind="email", name="support", auto_reply=False, settings={"address": "support@desk.example"})
    port = free_port()
    environment = os.environ | {"UZEL_HOME": str(tmp_path), "UZEL_SMTP_PORT": str(port), "UZEL_LOG_LEVEL": "error"}
    deadline = time.monotonic() + DEADLINE
    failures: list[BaseException] = []
    shares = [range(first, MAILS, SENDERS) for first in range(SENDERS)]
    senders = [threading.Thread(target=send_share, args=(port, share, failures, deadline)) for share in shares]

    with roles(environment, "connect", "work", "work") as running:
        for sender in senders:
            sender.start()
        for role in (*running, *running):
            seen = Delivery.objects.count()
            while any(sender.is_alive() for sender in senders) and Delivery.objects.count() < seen + MAILS // 10:
                time.sleep(0.02)
            role.kill_and_restart()
        for sender in senders:
            sender.join()
        while Delivery.objects.filter(state="new").exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    assert not failures
    assert Delivery.objects.exclude(state="done").count() == 0
    incoming = Entry.objects.filter(direction="in", kind="message")
    assert incoming.count() == MAILS
    assert incoming.values("external_id").distinct().count() == MAILS
    assert Join.objects.filter(undone_at=None).count() == Entry.objects.count()
    assert Attachment.objects.exclude(blob=None).count() == MAILS // 10
    store = BlobStore(tmp_path / "blobs")
    store.sweep(older_than=0)
    on_disk = {path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()}
    assert on_disk == set(Blob.objects.values_list("hash", flat=True))
