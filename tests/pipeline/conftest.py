"""A mailbox and small helpers: mails go through the real channel, the real store and the real pipeline."""

import itertools
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from uzel.channelkit.contract import RawDelivery

if TYPE_CHECKING:  # models can be imported only when the root conftest has set Django up
    from uzel.store.models import Channel, Delivery

_numbers = itertools.count(1)


def make_mail(
    sender: str = "Иван Петров <ivan@nord.example>",
    subject: str = "Не открывается 1С",
    text: str = "Добрый день! С утра не открывается 1С:Бухгалтерия, пишет «сеанс завершён».",
    **headers: str,
) -> bytes:
    """A raw mail; ``headers`` with underscores for hyphens."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = headers.pop("To", "support@desk.example")
    mail["Subject"] = subject
    mail["Message-ID"] = headers.pop("Message_ID", f"<m{next(_numbers)}@nord.example>")
    mail["Date"] = headers.pop("Date", format_datetime(timezone.now()))
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


@pytest.fixture
def mailbox(db: object) -> "Channel":
    from uzel.store import catalogue
    from uzel.store.models import Channel, Team

    catalogue.forget()
    if not Team.objects.filter(is_default=True).exists():
        Team.objects.create(name_ru="Первая линия", name_en="First line", is_default=True)
    return Channel.objects.create(kind="email", name="support", settings={"address": "support@desk.example"})


Bring = Callable[..., "Delivery"]


@pytest.fixture
def bring(mailbox: "Channel") -> Bring:
    """Store one raw mail and take in whatever waits; gives its delivery afterwards."""
    from uzel.pipeline.intake import take_in_batch
    from uzel.store.deliveries import store_delivery
    from uzel.store.models import Delivery

    def bring_(raw: bytes, *, channel: "Channel" = mailbox) -> Delivery:
        key = f"test {next(_numbers)}"
        store_delivery(channel.id, RawDelivery(external_id=key, body=raw))
        while take_in_batch(50):
            pass
        return Delivery.objects.get(channel=channel, external_id=key)

    return bring_
