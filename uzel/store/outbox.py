"""What is on its way out. A Dispatch is claimed, handed to its channel, and settled with the provider's word.

A claim commits before anything is sent and is renewed while the sender lives. A ``sending`` row whose claim ran out
belongs to a sender that died: whether the provider took it can't be known, so it becomes ``unsure`` and waits for a
person. Only what surely was not taken is sent again by itself, for a week.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from itertools import accumulate, count, takewhile
from typing import Any

import msgspec
from django.db import transaction

from uzel.channelkit.contract import Outcome, SendResult
from uzel.channelkit.events import DispatchReported, DispatchState
from uzel.kernel.backoff import WEEK, retry_delay
from uzel.kernel.errors import Conflict, NotFound
from uzel.store import waking
from uzel.store.announce import announce
from uzel.store.models import Dispatch, Entry
from uzel.store.sql import Query, fetch, fetch_one, run
from uzel.store.wording import in_our_language

CLAIM = dt.timedelta(seconds=60)  # how long a claim lasts unless renewed
RENEW = 15.0  # seconds between renewals
RECENT = dt.timedelta(days=5)  # how long after sending a bounce without the message's id is believed
LAST_ATTEMPT = 1 + sum(
    1 for _ in takewhile(lambda sum_: sum_ < WEEK, accumulate(retry_delay(attempt) for attempt in count(1)))
)

_COLUMNS = "d.id, d.attempts, d.channel_id, d.entry_id, d.to_value, d.to_name, d.is_automatic, d.payload"

_CLAIM = Query(
    "outbox_claim",
    f"""
    UPDATE dispatch d SET state = 'sending', attempts = d.attempts + 1, claimed_until = now() + %(claim)s::interval,
           state_at = now()
    FROM unnest(%(channels)s::bigint[], %(rooms)s::int[]) AS r(channel_id, room) CROSS JOIN LATERAL (
        SELECT w.id FROM dispatch w WHERE w.state = 'queued' AND w.channel_id = r.channel_id AND w.next_at <= now()
        ORDER BY w.next_at, w.id LIMIT r.room FOR UPDATE SKIP LOCKED) due
    WHERE d.id = due.id RETURNING {_COLUMNS}
    """,  # noqa: S608 - only constants are put in
)
_RENEW = Query(
    "outbox_renew",
    """
    UPDATE dispatch SET claimed_until = now() + %(claim)s::interval
    WHERE id = ANY(%(ids)s::bigint[]) AND state = 'sending'
    """,
)
_SETTLE = Query(
    "outbox_settle",
    """
    UPDATE dispatch d SET state = %(state)s::text, next_at = now() + %(delay)s::interval, claimed_until = NULL,
           provider_id = COALESCE(NULLIF(%(provider_id)s, ''), d.provider_id), code = %(code)s, reason = %(reason)s,
           state_at = now(), payload = CASE WHEN %(state)s::text = 'queued' THEN d.payload ELSE d.payload - 'text' END
    WHERE d.id = %(id)s::bigint AND d.attempts = %(attempt)s::int AND d.state IN ('sending', 'unsure')
    RETURNING d.entry_id, d.provider_id
    """,
)
_NAME = Query(
    "outbox_name",
    """
    UPDATE dispatch d SET provider_id = n.provider_id
    FROM unnest(%(ids)s::bigint[], %(provider_ids)s::text[]) AS n(id, provider_id) WHERE d.id = n.id
    """,
)
# The reply to a message names its id; "m:" keeps message ids apart from chats (pipeline.incoming).
_KEYS = Query(
    "outbox_keys",
    """
    INSERT INTO thread_key (key, entry_id)
    SELECT 'm:' || n.id, n.entry_id FROM unnest(%(provider_ids)s::text[], %(entries)s::bigint[]) AS n(id, entry_id)
    WHERE n.entry_id IS NOT NULL AND n.id <> '' ORDER BY 1 ON CONFLICT (key) DO NOTHING
    """,
)
_LOST = Query(
    "outbox_lost",
    """
    UPDATE dispatch d SET state = 'unsure', claimed_until = NULL, code = 'worker-lost', reason = %(reason)s,
           state_at = now()
    WHERE d.id IN (SELECT id FROM dispatch WHERE state = 'sending' AND claimed_until < now() FOR UPDATE SKIP LOCKED)
    RETURNING d.id, d.entry_id
    """,
)
_TICKET = Query("outbox_ticket", "SELECT ticket_id FROM entry WHERE id = %(entry)s::bigint")

_BY_ID = Query(
    "report_by_id",
    """
    SELECT d.id, d.entry_id, d.state, false AS is_guess FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS k(id, n)
    JOIN dispatch d ON d.provider_id = k.id AND d.provider_id <> ''
    JOIN channel c ON c.id = d.channel_id
    WHERE c.kind = (SELECT kind FROM channel WHERE id = %(channel)s::bigint)
    ORDER BY (lower(d.to_value) = lower(%(recipient)s)) DESC, k.n, d.id DESC LIMIT 1 FOR UPDATE OF d
    """,
)
_BY_RECIPIENT = Query(
    "report_by_recipient",
    """
    SELECT id, entry_id, state, true AS is_guess FROM dispatch
    WHERE lower(to_value) = lower(%(recipient)s) AND channel_id = %(channel)s::bigint
      AND state NOT IN ('queued', 'sending', 'cancelled') AND state_at > now() - %(recent)s::interval
    ORDER BY id DESC LIMIT 1 FOR UPDATE
    """,
)
_MOVE = Query(
    "report_move",
    """
    UPDATE dispatch SET state = %(state)s, next_at = NULL, claimed_until = NULL, code = %(code)s, reason = %(reason)s,
           state_at = now(), payload = payload - 'text'
    WHERE id = %(id)s::bigint
    """,
)
_NOTE = Query(
    "report_note",
    "UPDATE dispatch SET code = %(code)s, reason = %(reason)s WHERE id = %(id)s::bigint AND state <> 'read'",
)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """One dispatch that this process sends now. ``attempts`` counts this one too."""

    id: int
    attempts: int
    channel_id: int
    entry_id: int | None
    to_value: str
    to_name: str
    is_automatic: bool
    payload: dict[str, Any] | None

    @property
    def client_key(self) -> str:
        """The same on every attempt: whoever can, recognises a repetition by it."""
        return f"d{self.id}"


def queue(
    entry: Entry,
    channel_id: int,
    to_value: str,
    *,
    to_name: str = "",
    delay: dt.timedelta = dt.timedelta(0),
    automatic: bool = False,
) -> Dispatch:
    """Put an entry on its way in the caller's transaction; it can be taken back until ``delay`` is over."""
    return _queue(
        Dispatch(entry=entry, channel_id=channel_id, to_value=to_value, to_name=to_name, is_automatic=automatic), delay
    )


def queue_own_mail(channel_id: int, to_value: str, *, subject: str, text: str) -> Dispatch:
    """A message of Uzel's own that stands in no ticket (a sign-in link).

    Its text may hold a secret: it is kept only until the provider has answered for good.
    """
    payload = {"subject": subject, "text": text}
    dispatch = Dispatch(channel_id=channel_id, to_value=to_value, payload=payload, is_automatic=True)
    return _queue(dispatch, dt.timedelta(0))


def claim(rooms: Mapping[int, int]) -> list[Claimed]:
    """Take up to ``rooms[channel]`` due dispatches of each channel; committed when it returns."""
    params = {"channels": list(rooms), "rooms": list(rooms.values()), "claim": CLAIM}
    with transaction.atomic():
        return [Claimed(**row) for row in fetch(_CLAIM, params)] if rooms else []


def renew(ids: Collection[int]) -> None:
    """This process still sends these."""
    if ids:
        run(_RENEW, {"ids": list(ids), "claim": CLAIM})


def name_messages(named: Mapping[int, str], entries: Mapping[int, int | None]) -> None:
    """Keep the ids that a channel gives its messages itself, before they are sent: an answer or a bounce may come
    although the sender died before it could say so. Both maps are keyed by dispatch."""
    if named:
        with transaction.atomic():
            run(_NAME, {"ids": list(named), "provider_ids": list(named.values())})
            run(_KEYS, {"provider_ids": list(named.values()), "entries": [entries[number] for number in named]})


def settle(claimed: Claimed, result: SendResult) -> bool:
    """Write down what the provider said. False when the row went on without us (a bounce came, a person acted)."""
    state, delay = _next_state(claimed, result)
    reason = in_our_language(result.reason_en, result.reason_ru)
    if state == "failed" and result.outcome is Outcome.RETRY:
        reason = in_our_language(f"Not sent for a week. {reason}", f"Не удавалось отправить неделю. {reason}")
    params = {
        "id": claimed.id,
        "attempt": claimed.attempts,
        "state": state,
        "delay": delay,
        "provider_id": result.provider_id,
        "code": result.code,
        "reason": "" if state == "sent" else reason,
    }
    with transaction.atomic():
        row = fetch_one(_SETTLE, params)
        if row is None:
            return False
        if state == "sent":
            run(_KEYS, {"provider_ids": [row["provider_id"]], "entries": [row["entry_id"]]})
        tell(row["entry_id"], claimed.id)
    return True


def mark_lost() -> int:
    """Dispatches whose sender died become ``unsure``; gives how many."""
    reason = in_our_language(
        "Sending was interrupted, and nobody knows whether the message arrived. Ask or look before you send it again.",
        "Отправка прервалась, и неизвестно, дошло ли сообщение. Проверьте, прежде чем отправлять снова.",
    )
    with transaction.atomic():
        lost = fetch(_LOST, {"reason": reason})
        for row in lost:
            tell(row["entry_id"], row["id"])
    return len(lost)


def cancel(entry_id: int) -> bool:
    """Take back every dispatch of the entry; False, and nothing changed, when one is already on its way."""
    with transaction.atomic():
        rows = list(Dispatch.objects.select_for_update().filter(entry_id=entry_id).order_by("id"))
        if any(row.state not in ("queued", "cancelled") for row in rows):
            return False
        Dispatch.objects.filter(id__in=[row.id for row in rows]).update(
            state="cancelled", next_at=None, state_at=dt.datetime.now(dt.UTC)
        )
        for row in rows[:1]:
            tell(entry_id, row.id)
    return True


def resend(dispatch_id: int) -> Dispatch:
    """A person decided to send it again. Raises NotFound; Conflict unless it failed, is unsure or was cancelled.

    Not for Uzel's own mails: their words are gone.
    """
    with transaction.atomic():
        dispatch = Dispatch.objects.select_for_update().filter(id=dispatch_id, entry__isnull=False).first()
        if dispatch is None:
            raise NotFound(
                "There is no such dispatch. Open the ticket anew.", "Нет такой отправки. Обновите обращение."
            )
        if dispatch.state not in ("failed", "unsure", "cancelled"):
            raise Conflict(
                "It is on its way or has arrived. Write a new reply instead.",
                "Сообщение уже отправляется или дошло. Напишите новый ответ.",
            )
        dispatch.state, dispatch.attempts, dispatch.code, dispatch.reason = "queued", 0, "", ""
        dispatch.next_at = dispatch.state_at = dt.datetime.now(dt.UTC)
        dispatch.save()
        tell(dispatch.entry_id, dispatch.id)
        waking.notify(waking.OUTBOX)
    return dispatch


def report(event: DispatchReported, channel_id: int) -> bool:
    """Move the dispatch forward; False when none is known. Safe to repeat, in any order.

    A failure that is not for good (mailbox full, delayed) leaves the state and only keeps the reason. So does one
    that names no message of ours: anybody can write such a report, and only an agent can tell.
    """
    with transaction.atomic():
        found = _find(event, channel_id)
        if found is None:
            return False
        words = {"id": found["id"], "code": event.code, "reason": event.reason[:2000]}
        now, then = DispatchState[found["state"].upper()], event.state
        if found["is_guess"] or (then is DispatchState.FAILED and event.permanent is False):
            run(_NOTE, words)
        elif then > now:
            run(_MOVE, words | {"state": then.name.lower()})
        elif event.reason and now in (DispatchState.SENT, DispatchState.UNSURE):
            run(_NOTE, words)
        else:
            return True
        tell(found["entry_id"], found["id"])
    return True


def tell(entry_id: int | None, dispatch_id: int) -> None:
    """Open pages learn that a dispatch changed. Mails that belong to no ticket are nobody's news."""
    row = fetch_one(_TICKET, {"entry": entry_id}) if entry_id is not None else None
    if row is not None:
        announce("dispatch", row["ticket_id"], entry_id=entry_id, dispatch_id=dispatch_id)


def _queue(dispatch: Dispatch, delay: dt.timedelta) -> Dispatch:
    with transaction.atomic():
        dispatch.next_at = dt.datetime.now(dt.UTC) + delay
        dispatch.save(force_insert=True)
        waking.notify(waking.OUTBOX)
    return dispatch


def _next_state(claimed: Claimed, result: SendResult) -> tuple[str, dt.timedelta | None]:
    if result.outcome is Outcome.ACCEPTED:
        return "sent", None
    if result.outcome is Outcome.UNSURE:
        return "unsure", None
    if result.outcome is Outcome.REFUSED or claimed.attempts >= LAST_ATTEMPT:
        return "failed", None
    return "queued", max(retry_delay(claimed.attempts), dt.timedelta(seconds=result.retry_after))


def _find(event: DispatchReported, channel_id: int) -> dict[str, Any] | None:
    params = {"channel": channel_id, "recipient": event.recipient}
    if event.provider_ids:
        return fetch_one(_BY_ID, params | {"ids": list(event.provider_ids)})
    if event.recipient:
        return fetch_one(_BY_RECIPIENT, params | {"recent": RECENT})
    return None
