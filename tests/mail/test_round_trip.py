"""A person writes, gets the answer in their thread, and every way of answering back reaches the same ticket."""

import email as mime
import email.policy

import pytest

from tests.callers import make_agent
from tests.chains import make_entry, make_team
from tests.mail.mails import ADDRESS
from tests.mail.ports import eventually
from tests.mail.scripted import ScriptedSmtp, scripted_smtp
from tests.mail.sending import sending, sending_channel
from uzel.channelkit.contract import RawDelivery
from uzel.channels.email.identity import delivery_key
from uzel.pipeline.intake import take_in_batch
from uzel.store import outbox
from uzel.store.deliveries import store_delivery
from uzel.store.models import Channel, Delivery, Entry, Ticket

pytestmark = pytest.mark.usefixtures("db")


def arrives(channel: Channel, *, to: str = ADDRESS, message_id: str, subject: str, headers: str = "") -> Entry:
    """A mail of Ivan's, taken in."""
    raw = (
        f"From: Ivan <ivan@users.test>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n{headers}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nСообщение {message_id}\r\n"
    ).encode()
    assert store_delivery(channel.id, RawDelivery(external_id=delivery_key(raw), body=raw))
    eventually(lambda: take_in_batch(10))
    delivery = Delivery.objects.latest("id")
    assert delivery.entry_id is not None, delivery.error or delivery.outcome
    return Entry.objects.get(id=delivery.entry_id)


def sent(server: ScriptedSmtp, n: int) -> mime.message.EmailMessage:
    """The ``n``-th mail that left."""
    with sending():
        eventually(lambda: len(server.taken) >= n)
    message = mime.message_from_bytes(server.taken[n - 1].source, policy=mime.policy.default)
    assert isinstance(message, mime.message.EmailMessage)
    return message


def test_every_way_of_answering_reaches_the_same_ticket() -> None:
    make_team(is_default=True)
    with scripted_smtp() as server:
        channel = sending_channel(server.port)
        first = arrives(channel, message_id="one@client.test", subject="Принтер")
        ticket = Ticket.objects.get(id=first.ticket_id)

        receipt = sent(server, 1)
        assert receipt["Auto-Submitted"] == "auto-replied"
        assert receipt["In-Reply-To"] == "<one@client.test>"
        assert f"U-{ticket.id}" in receipt["Subject"]

        agent = make_agent()
        answer = make_entry(
            ticket, direction="out", text="Проверьте", channel=channel, agent=agent, person=agent.person
        )
        outbox.queue(answer, channel.id, "ivan@users.test")
        reply = sent(server, 2)
        assert reply["Auto-Submitted"] is None
        assert reply["References"] == "<one@client.test>"

        back = reply["Reply-To"].addresses[0].addr_spec
        by_key = arrives(channel, to=back, message_id="two@client.test", subject="совсем другое")
        quoting = f"In-Reply-To: {reply['Message-ID']}\r\n"
        by_id = arrives(channel, message_id="three@client.test", subject="Re: Принтер", headers=quoting)
        assert {by_key.ticket_id, by_id.ticket_id} == {ticket.id}


def test_an_answering_machine_is_recorded_and_not_answered() -> None:
    make_team(is_default=True)
    with scripted_smtp() as server:
        channel = sending_channel(server.port)
        arrives(channel, message_id="one@client.test", subject="Принтер")
        receipt = sent(server, 1)
        away = f"In-Reply-To: {receipt['Message-ID']}\r\nAuto-Submitted: auto-replied\r\n"
        arrives(channel, message_id="away@client.test", subject="В отпуске", headers=away)
        with sending():
            pass
        assert len(server.taken) == 1
