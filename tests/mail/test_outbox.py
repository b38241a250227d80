"""What is queued is sent once; what is in doubt is told to a person; what is refused says why."""

import datetime as dt
import os
import signal
from email import message_from_string, policy
from pathlib import Path

import pytest
from django.utils import timezone

from tests.chains import make_attachment
from tests.mail.connecting import connecting
from tests.mail.mails import make_channel
from tests.mail.ports import answers, eventually
from tests.mail.postfix import Postfix
from tests.mail.scripted import HANG, scripted_smtp
from tests.mail.sending import make_reply, queued, sending, sending_channel, sending_process, state
from uzel.channelkit.contract import Capabilities, Outcome, SendResult
from uzel.channelkit.events import DispatchReported, DispatchState
from uzel.kernel.errors import Conflict, NotFound
from uzel.pipeline.intake import take_in_batch
from uzel.roles.outbox import Lanes
from uzel.store import outbox
from uzel.store.channels import account
from uzel.store.models import Channel, Delivery, Dispatch, LiveEvent, ThreadKey
from uzel.store.outgoing import prepare

pytestmark = pytest.mark.usefixtures("db")


def due_now(dispatch: Dispatch) -> None:
    """Time passes until the next attempt."""
    Dispatch.objects.filter(id=dispatch.id).update(next_at=timezone.now())


def test_a_reply_is_sent_with_its_files_and_known_by_its_id_afterwards() -> None:
    with scripted_smtp() as server:
        channel = sending_channel(server.port)
        entry = make_reply(channel)
        make_attachment(entry, b"%PDF-1.7", "акт.pdf", "application/pdf")
        with sending():
            dispatch = outbox.queue(entry, channel.id, "ivan@users.test")
            eventually(lambda: state(dispatch) == "sent")
        source = server.taken[0].source.decode()
        subject = str(message_from_string(source, policy=policy.default)["Subject"])
        assert subject.startswith("Re: ")
        assert subject.endswith(f"[U-{entry.ticket_id}]")
        assert f"In-Reply-To: <question-{entry.ticket_id}@client.test>" in source
        assert f"Message-ID: <{dispatch.provider_id}>" in source
        assert "application/pdf" in source
        assert ThreadKey.objects.get(key=f"m:{dispatch.provider_id}").entry_id == entry.id
        assert LiveEvent.objects.filter(kind="dispatch", ticket_id=entry.ticket_id).exists()


def test_a_refusal_for_now_is_tried_again_with_the_same_id_until_it_is_taken() -> None:
    with scripted_smtp({"dot": "451 4.7.1 scanner down"}) as server:
        dispatch = queued(sending_channel(server.port))
        with sending():
            eventually(lambda: state(dispatch) == "queued" and dispatch.attempts == 1)
            assert dispatch.next_at is not None
            assert dispatch.next_at > timezone.now() + dt.timedelta(seconds=5)
            assert "scanner down" in dispatch.reason
            server.script.clear()
            due_now(dispatch)
            eventually(lambda: state(dispatch) == "sent")
        first, second = server.handed
        assert dispatch.attempts == 2
        assert first.source.split(b"\r\n", 1)[0] == second.source.split(b"\r\n", 1)[0]


def test_a_refusal_for_good_fails_with_the_servers_words_and_can_be_sent_again_by_hand() -> None:
    with scripted_smtp({"rcpt": "550 5.1.1 no mailbox here"}) as server:
        dispatch = queued(sending_channel(server.port))
        with sending():
            eventually(lambda: state(dispatch) == "failed")
            assert (dispatch.code, "no mailbox here" in dispatch.reason) == ("550", True)
            server.script.clear()
            outbox.resend(dispatch.id)
            eventually(lambda: state(dispatch) == "sent")
        with pytest.raises(Conflict):
            outbox.resend(dispatch.id)
        with pytest.raises(NotFound):
            outbox.resend(0)


def test_a_sender_killed_in_the_act_leaves_doubt_and_no_second_mail(tmp_path: Path) -> None:
    with scripted_smtp({"dot": HANG}) as server:
        dispatch = queued(sending_channel(server.port))
        with sending_process(tmp_path / "work.log") as process:
            eventually(lambda: server.handed)
            os.kill(process.pid, signal.SIGKILL)
        assert state(dispatch) == "sending"
        assert dispatch.provider_id, "known before sending, so that a bounce finds it"
        Dispatch.objects.filter(id=dispatch.id).update(claimed_until=timezone.now())  # a minute passes
        server.script.clear()
        with sending():
            eventually(lambda: state(dispatch) == "unsure")
            other = queued(sending_channel(server.port))
            eventually(lambda: state(other) == "sent")
        assert [mail.recipient for mail in server.handed] == ["rcpt TO:<ivan@users.test>"] * 2
        assert state(dispatch) == "unsure"
        assert "неизвестно, дошло ли" in dispatch.reason


def test_a_line_lost_after_the_last_dot_is_unsure_until_a_person_decides() -> None:
    with scripted_smtp({"dot": "cut"}) as server:
        dispatch = queued(sending_channel(server.port))
        with sending():
            eventually(lambda: state(dispatch) == "unsure")
        assert len(server.handed) == 1


def test_a_provider_that_hangs_holds_up_no_other() -> None:
    with scripted_smtp({"greeting": HANG}) as slow, scripted_smtp() as quick:
        waiting = [queued(sending_channel(slow.port)) for _ in range(2)]
        hanging = sending_channel(slow.port)
        waiting += [queued(hanging) for _ in range(8)]
        with sending():
            eventually(lambda: Dispatch.objects.filter(state="sending").count() == 6)
            other = queued(sending_channel(quick.port))
            eventually(lambda: state(other) == "sent", within=5)
            slow.release.set()
        assert {state(dispatch) for dispatch in waiting} == {"queued"}


def test_what_can_still_be_taken_back_is_not_sent() -> None:
    with scripted_smtp() as server:
        channel = sending_channel(server.port)
        later = queued(channel, delay=dt.timedelta(minutes=1))
        now = queued(channel)
        with sending():
            eventually(lambda: state(now) == "sent")
        assert state(later) == "queued"
        assert later.entry_id is not None
        assert outbox.cancel(later.entry_id)
        assert state(later) == "cancelled"
        assert now.entry_id is not None
        assert not outbox.cancel(now.entry_id)


def test_two_senders_never_claim_the_same() -> None:
    channel = sending_channel(1)
    for _ in range(5):
        queued(channel)
    first, second = outbox.claim({channel.id: 3}), outbox.claim({channel.id: 3})
    assert (len(first), len(second)) == (3, 2)
    assert not {one.id for one in first} & {one.id for one in second}


def test_a_week_of_refusals_ends_as_failed() -> None:
    dispatch = queued(sending_channel(1))
    Dispatch.objects.filter(id=dispatch.id).update(attempts=outbox.LAST_ATTEMPT - 1)
    (claimed,) = outbox.claim({dispatch.channel_id: 1})
    outbox.settle(claimed, SendResult(outcome=Outcome.RETRY, code="451", reason_en="later", reason_ru="позже"))
    assert state(dispatch) == "failed"
    assert "неделю" in dispatch.reason
    assert 165 <= outbox.LAST_ATTEMPT <= 180


def test_a_mail_of_uzels_own_needs_no_ticket() -> None:
    with scripted_smtp() as server:
        channel = sending_channel(server.port)
        dispatch = outbox.queue_own_mail(channel.id, "ivan@users.test", subject="Sign in", text="https://uzel.test/x")
        with sending():
            eventually(lambda: state(dispatch) == "sent")
        assert b"Subject: Sign in" in server.taken[0].source
        assert b"Auto-Submitted: auto-generated" in server.taken[0].source


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNSURE, Outcome.RETRY])
def test_the_words_of_a_sign_in_mail_are_kept_only_while_they_are_to_be_sent(outcome: Outcome) -> None:
    channel = sending_channel(1)
    dispatch = outbox.queue_own_mail(channel.id, "ivan@users.test", subject="Sign in", text="token=secret")
    (claimed,) = outbox.claim({channel.id: 1})
    assert outbox.settle(claimed, SendResult(outcome=outcome, reason_en="x", reason_ru="x"))
    dispatch.refresh_from_db()
    assert dispatch.payload["subject"] == "Sign in"
    assert dispatch.payload.get("text") == ("token=secret" if outcome is Outcome.RETRY else None)


def test_a_report_on_a_sign_in_mail_whose_sender_died_takes_its_words_away_and_nobody_sends_it_empty() -> None:
    channel = sending_channel(1)
    dispatch = outbox.queue_own_mail(channel.id, "ivan@users.test", subject="Sign in", text="token=secret")
    Dispatch.objects.filter(id=dispatch.id).update(state="unsure", provider_id="id@x")
    assert outbox.report(DispatchReported(external_id="b", provider_ids=("id@x",), permanent=True), channel.id)
    assert state(dispatch) == "failed"
    assert dispatch.payload == {"subject": "Sign in"}
    with pytest.raises(NotFound):
        outbox.resend(dispatch.id)


@pytest.mark.parametrize(
    ("now", "said", "then"),
    [
        ("sent", DispatchReported(external_id="b", provider_ids=("id@x",), reason="нет такого"), "failed"),
        ("sent", DispatchReported(external_id="b", provider_ids=("other", "id@x"), permanent=True), "failed"),
        ("sent", DispatchReported(external_id="b", provider_ids=("id@x",), permanent=False, reason="полон"), "sent"),
        ("unsure", DispatchReported(external_id="b", provider_ids=("id@x",), state=DispatchState.SENT), "sent"),
        (
            "unsure",
            DispatchReported(external_id="b", provider_ids=("id@x",), state=DispatchState.DELIVERED),
            "delivered",
        ),
        ("read", DispatchReported(external_id="b", provider_ids=("id@x",), state=DispatchState.DELIVERED), "read"),
        ("failed", DispatchReported(external_id="b", provider_ids=("id@x",), state=DispatchState.DELIVERED), "failed"),
        ("cancelled", DispatchReported(external_id="b", provider_ids=("id@x",)), "cancelled"),
        ("sent", DispatchReported(external_id="b", provider_ids=(), recipient="IVAN@users.test"), "sent"),
    ],
    ids=str,
)
def test_a_report_moves_a_dispatch_forward_only(now: str, said: DispatchReported, then: str) -> None:
    dispatch = queued(sending_channel(1))
    Dispatch.objects.filter(id=dispatch.id).update(state=now, provider_id="id@x")
    assert outbox.report(said, dispatch.channel_id)
    assert outbox.report(said, dispatch.channel_id), "repeating it does no harm"
    assert state(dispatch) == then
    assert dispatch.reason == said.reason or now == then


def test_a_report_of_somebody_elses_mail_changes_nothing() -> None:
    dispatch = queued(sending_channel(1))
    Dispatch.objects.filter(id=dispatch.id).update(state="sent", provider_id="id@x")
    portal = Channel.objects.create(kind="portal", name="Портал")
    for channel_id, ids in ((dispatch.channel_id, ("foreign@x",)), (portal.id, ("id@x",))):
        said = DispatchReported(external_id="b", provider_ids=ids, recipient="ivan@users.test")
        assert not outbox.report(said, channel_id)
    assert state(dispatch) == "sent"


def test_a_bounce_that_overtakes_the_senders_own_word_wins() -> None:
    dispatch = queued(sending_channel(1))
    (claimed,) = outbox.claim({dispatch.channel_id: 1})
    prepare([claimed], {dispatch.channel_id: account(dispatch.channel_id)})
    dispatch.refresh_from_db()
    said = DispatchReported(external_id="b", provider_ids=(dispatch.provider_id,), reason="нет такого")
    assert outbox.report(said, dispatch.channel_id)
    assert not outbox.settle(claimed, SendResult(outcome=Outcome.ACCEPTED, provider_id=dispatch.provider_id))
    assert state(dispatch) == "failed"


def test_a_real_servers_bounce_for_an_unknown_user_fails_the_dispatch(
    postfix: Postfix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UZEL_SMTP_PORT", "0")
    monkeypatch.setenv("UZEL_LMTP_PORT", str(postfix.lmtp))
    channel = sending_channel(postfix.port)
    dispatch = queued(channel, to="nobody-there@users.test")
    arrived = queued(channel, to="ivan@users.test")
    with connecting(), sending():
        eventually(lambda: answers(postfix.lmtp))
        eventually(lambda: state(dispatch) == "sent" and state(arrived) == "sent")
        eventually(lambda: Delivery.objects.filter(channel=channel).exists())
    eventually(lambda: take_in_batch(10))
    assert state(dispatch) == "failed", Delivery.objects.get().outcome
    assert dispatch.code.startswith("5.1.1")
    assert dispatch.reason
    assert state(arrived) == "sent"
    assert "notify=" not in postfix.log()


def test_without_a_server_mail_waits_for_the_settings() -> None:
    dispatch = queued(make_channel())
    with sending():
        eventually(lambda: state(dispatch) == "queued" and dispatch.attempts == 1)
    assert "Не указан" in dispatch.reason or "не указан" in dispatch.reason


def test_a_channel_with_a_pace_is_not_sent_faster() -> None:
    lanes = Lanes(Capabilities(handle_kind="chat", parallel=1000, per_minute=30))
    for _ in range(30):
        assert lanes.room(busy=0) > 0
        lanes.start(lambda: None)
    assert lanes.room(busy=0) == 0
    assert Lanes(Capabilities(handle_kind="chat", parallel=4)).room(busy=3) == 1


def test_a_report_that_names_no_message_of_ours_is_told_to_the_agent_and_believed_by_nobody(db: object) -> None:
    dispatch = queued(sending_channel(1))
    Dispatch.objects.filter(id=dispatch.id).update(state="sent", provider_id="id@x")
    said = DispatchReported(external_id="b", provider_ids=(), recipient="ivan@users.test", reason="no such user")
    assert outbox.report(said, dispatch.channel_id)

    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.reason) == ("sent", "no such user")
