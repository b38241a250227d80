"""Mails to send and channels to send them through."""

from typing import Any

from uzel.store.channels import save_settings
from uzel.store.models import Channel, Delivery

ADDRESS = "help@example.test"


def mail(number: int | str, *, size: int = 0, sender: str = "ivan@example.test", headers: str = "") -> bytes:
    """One mail with a Message-ID of its own; ``size`` bytes of body at least."""
    filler = ("Принтер не печатает, помогите. " * (size // 57 + 1)) if size else "Принтер не печатает."
    lines = [f"{filler[at : at + 40]}" for at in range(0, len(filler), 40)]
    return (
        f"From: Ivan <{sender}>\r\nTo: {ADDRESS}\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <mail-{number}@client.test>\r\n"
        "Date: Sat, 21 Nov 2026 10:00:00 +0300\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n{headers}\r\n" + "\r\n".join(lines) + "\r\n"
    ).encode()


def make_channel(**settings: Any) -> Channel:
    channel = Channel.objects.create(kind="email", name="Поддержка")
    save_settings(channel.id, {"address": ADDRESS} | settings)
    return channel


def numbers(channel: Channel) -> list[str]:
    """The subjects' numbers of all that was stored, sorted; a mail stored twice stands twice."""
    found = []
    for delivery in Delivery.objects.filter(channel=channel):
        body = bytes(delivery.body) if delivery.body is not None else b"Subject: Mail blob\r\n"
        found.append(body.split(b"Subject: Mail ", 1)[1].split(b"\r\n", 1)[0].decode())
    return sorted(found)
