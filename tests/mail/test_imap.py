"""Every mail of a mailbox once, whatever breaks."""

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.mail.connecting import connect_process, connecting
from tests.mail.cutting import cutting_proxy
from tests.mail.dovecot import PASSWORD, Dovecot
from tests.mail.mails import mail, make_channel, numbers
from tests.mail.ports import eventually
from uzel.store.channels import load_state, save_settings
from uzel.store.models import Channel, Delivery, Lease

pytestmark = pytest.mark.usefixtures("db")


def mailbox(dovecot: Dovecot, user: str, **more: Any) -> dict[str, Any]:
    return {
        "imap_host": "127.0.0.1",
        "imap_port": dovecot.imap,
        "imap_security": "none",
        "imap_history": "all",
        "username": user,
        "password": PASSWORD,
    } | more


@contextmanager
def unreadable(file: Path) -> Iterator[None]:
    """Listed by the server, impossible to read for it."""
    owner = file.stat()
    os.chown(file, 0, 0)
    file.chmod(0)
    yield
    here = next(file.parent.parent.glob(f"*/{file.name.partition(':')[0]}*"))  # moved to cur/ when it was opened
    os.chown(here, owner.st_uid, owner.st_gid)
    here.chmod(0o600)


def is_reading(channel: Channel, folder: str = "INBOX") -> bool:
    """Connected, and the cursor of the folder stands."""
    channel.refresh_from_db()
    return bool(load_state(channel.id, f"imap {folder}")) and channel.last_success_at is not None


def test_a_mail_that_comes_while_we_listen_is_stored_within_seconds(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    with connecting():
        eventually(lambda: is_reading(channel))
        dovecot.deliver(user, mail("now"))
        eventually(lambda: numbers(channel) == ["now"], within=5)
    assert not Lease.objects.exists(), "a node that ends gives its leases back"


def test_a_hundred_mails_over_a_line_that_is_cut_in_fetch_are_stored_a_hundred_times(
    dovecot: Dovecot, user: str
) -> None:
    with cutting_proxy(dovecot.imap, cuts=[30_000, 60_000, 9_000, 150_000, 45_000]) as proxy:
        channel = make_channel(**mailbox(dovecot, user, imap_port=proxy.port))
        batches = [[mail(f"{n:03}", size=3000) for n in range(start, start + 20)] for start in range(0, 100, 20)]
        with connecting():
            eventually(lambda: is_reading(channel))
            senders = [threading.Thread(target=dovecot.deliver_all, args=(user, batch)) for batch in batches]
            for sender in senders:
                sender.start()
            eventually(lambda: Delivery.objects.filter(channel=channel).count() >= 100)
            for sender in senders:
                sender.join()
        assert proxy.made == 5
    assert numbers(channel) == [f"{n:03}" for n in range(100)]


def test_after_a_week_away_every_mail_of_the_week_arrives_read_or_unread(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user, imap_history="new"))
    dovecot.deliver(user, mail("before us"))
    with connecting():
        eventually(lambda: is_reading(channel))
    now = dt.datetime.now(dt.UTC)
    for n in range(28):
        flags = r"(\Seen)" if n % 2 else ""
        dovecot.append(user, mail(f"{n:02}"), when=now + dt.timedelta(hours=6 * n), flags=flags)
    with connecting():
        eventually(lambda: len(numbers(channel)) >= 28)
    assert numbers(channel) == [f"{n:02}" for n in range(28)]


def test_new_numbers_for_all_mails_lose_none_and_double_none(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    dovecot.deliver_all(user, [mail(n) for n in "abcde"])
    with connecting():
        eventually(lambda: len(numbers(channel)) == 5)
    before = load_state(channel.id, "imap INBOX")["uidvalidity"]
    eventually(lambda: time.time() > before + 1)  # Dovecot takes the second as the new UIDVALIDITY
    dovecot.renumber(user)
    dovecot.deliver_all(user, [mail(n) for n in "fg"])
    with connecting():
        eventually(lambda: len(numbers(channel)) >= 7)
        eventually(lambda: load_state(channel.id, "imap INBOX")["uidvalidity"] != before)
    assert numbers(channel) == list("abcdefg")


def test_a_mail_the_server_does_not_give_is_told_and_fetched_later_while_the_others_come(
    dovecot: Dovecot, user: str
) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    dovecot.deliver_all(user, [mail("1"), mail("2"), mail("3")])
    with connecting():
        eventually(lambda: len(numbers(channel)) == 3)
    dovecot.deliver(user, mail("4"))
    (file,) = (found for found in (dovecot.folder(user) / "new").iterdir() if b"Mail 4" in found.read_bytes())
    with unreadable(file):
        dovecot.deliver(user, mail("5"))
        with connecting():
            eventually(lambda: numbers(channel) == ["1", "2", "3", "5"])
            eventually(lambda: "не отдаёт писем" in Channel.objects.get(id=channel.id).last_failure)
    with connecting():
        eventually(lambda: numbers(channel) == ["1", "2", "3", "4", "5"])
        eventually(lambda: not load_state(channel.id, "imap INBOX")["skipped"])


def test_every_folder_that_is_named_is_read(dovecot: Dovecot, user: str) -> None:
    dovecot.create(user, "Support")
    dovecot.create(user, "&BB8EPgRHBEIEMA-")  # «Почта»
    channel = make_channel(**mailbox(dovecot, user, imap_folders="INBOX, Support, Почта"))
    now = dt.datetime.now(dt.UTC)
    with connecting():
        for folder in ("INBOX", "Support", "&BB8EPgRHBEIEMA-"):
            dovecot.append(user, mail(folder[:3]), when=now, folder=folder)
        eventually(lambda: numbers(channel) == ["&BB", "INB", "Sup"])


def test_a_large_mail_comes_whole(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    raw = mail("large", size=5_000_000)
    dovecot.append(user, raw, when=dt.datetime.now(dt.UTC))
    with connecting():
        eventually(lambda: Delivery.objects.filter(channel=channel).exists())
    assert Delivery.objects.get(channel=channel).size == len(raw)


def test_a_second_node_takes_over_within_seconds_when_the_first_is_killed(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    with connect_process(tmp_path / "one.log") as one:
        eventually(lambda: is_reading(channel))
        holder = Lease.objects.get(name=f"channel:{channel.id}").holder
        with connect_process(tmp_path / "two.log"):
            dovecot.deliver(user, mail("1"))
            eventually(lambda: numbers(channel) == ["1"])
            os.kill(one.pid, signal.SIGKILL)
            dovecot.deliver(user, mail("2"))
            eventually(lambda: numbers(channel) == ["1", "2"], within=20)
            assert Lease.objects.get(name=f"channel:{channel.id}").holder != holder


def test_a_wrong_password_is_told_and_mended_by_saving_the_right_one(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user, password="wrong"))
    dovecot.deliver(user, mail("1"))
    with connecting() as connector:
        eventually(lambda: Channel.objects.get(id=channel.id).last_failure)
        assert "не принимает имя или пароль" in Channel.objects.get(id=channel.id).last_failure
        save_settings(channel.id, {"password": PASSWORD})
        connector.wake()
        eventually(lambda: numbers(channel) == ["1"])


def test_nothing_is_taken_in_for_a_channel_that_is_switched_off(
    dovecot: Dovecot, user: str, db: BaseDatabaseWrapper
) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    with connecting() as connector:
        eventually(lambda: is_reading(channel))
        Channel.objects.filter(id=channel.id).update(is_active=False)
        connector.wake()
        eventually(lambda: not Lease.objects.filter(name=f"channel:{channel.id}", until__gt=dt.datetime.now(dt.UTC)))


def test_a_node_that_lost_its_lease_stores_nothing_more(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user))
    with connecting() as connector:
        eventually(lambda: is_reading(channel))
        later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        lease = Lease.objects.filter(name=f"channel:{channel.id}")
        lease.update(holder="another node", until=later)
        connector.wake()
        eventually(lambda: not dovecot.is_signed_in(user))
        dovecot.deliver(user, mail("1"))
        assert numbers(channel) == []
        lease.update(until=dt.datetime.now(dt.UTC))
        connector.wake()
        eventually(lambda: numbers(channel) == ["1"])


def test_only_what_comes_from_now_on_is_taken_even_when_all_get_new_numbers(dovecot: Dovecot, user: str) -> None:
    channel = make_channel(**mailbox(dovecot, user, imap_history="new"))
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    for n in range(3):
        dovecot.append(user, mail(f"old {n}"), when=long_ago)
    with connecting():
        eventually(lambda: is_reading(channel))
        dovecot.deliver(user, mail("new"))
        eventually(lambda: numbers(channel) == ["new"])
    before = load_state(channel.id, "imap INBOX")["uidvalidity"]
    eventually(lambda: time.time() > before + 1)
    dovecot.renumber(user)
    with connecting():
        eventually(lambda: load_state(channel.id, "imap INBOX")["uidvalidity"] != before)
        dovecot.deliver(user, mail("newer"))
        eventually(lambda: "newer" in numbers(channel))
    assert numbers(channel) == ["new", "newer"]
