"""Claimed dispatches as messages for their channels: two statements for a whole batch."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from django.utils import timezone

from uzel.channelkit.contract import Account, Choice, Outgoing, OutgoingFile
from uzel.channelkit.registry import capabilities, get_channel
from uzel.kernel.handles import normal_handle
from uzel.kernel.tokens import TICKET, sign
from uzel.store.blobs import blobs
from uzel.store.outbox import Claimed, name_messages
from uzel.store.solution_links import solution_links
from uzel.store.sql import Query, fetch

MOST_REFERENCES = 10

_ENTRIES = Query(
    "outgoing_entries",
    f"""
    SELECT e.id, e.ticket_id, e.subject, e.text, e.html, t.subject AS ticket_subject, t.language,
           e.meta ? 'resolves' AS resolves, t.requester_id,
           ARRAY(SELECT h.value FROM handle h WHERE h.person_id = t.requester_id AND h.valid_until IS NULL) AS own,
           COALESCE(p.name, '') AS author_name,
           ARRAY(SELECT i.external_id FROM entry i
                 WHERE i.ticket_id = e.ticket_id AND i.direction = 'in' AND i.channel_id = e.channel_id
                   AND i.external_id <> '' AND i.at <= e.at
                 ORDER BY i.at DESC, i.id DESC LIMIT {MOST_REFERENCES}) AS answered
    FROM entry e JOIN ticket t ON t.id = e.ticket_id
    LEFT JOIN agent a ON a.id = e.agent_id LEFT JOIN person p ON p.id = a.person_id
    WHERE e.id = ANY(%(entries)s::bigint[])
    """,  # noqa: S608 - only a constant is put in
)
_FILES = Query(
    "outgoing_files",
    """
    SELECT entry_id, name, content_type, size, blob_hash FROM attachment
    WHERE entry_id = ANY(%(entries)s::bigint[]) AND blob_hash IS NOT NULL ORDER BY id
    """,
)


class Ready(msgspec.Struct, frozen=True):
    claimed: Claimed
    account: Account
    message: Outgoing


def prepare(batch: Sequence[Claimed], accounts: Mapping[int, Account]) -> list[Ready]:
    """Load and render; the ids that channels choose themselves are stored before anything is sent."""
    entries = [claimed.entry_id for claimed in batch if claimed.entry_id is not None]
    words = {row["id"]: row for row in fetch(_ENTRIES, {"entries": entries})} if entries else {}
    files: dict[int, list[OutgoingFile]] = {}
    for row in fetch(_FILES, {"entries": entries}) if entries else []:
        files.setdefault(row["entry_id"], []).append(_file(row))
    ready = [
        Ready(claimed, accounts[claimed.channel_id], _render(claimed, accounts[claimed.channel_id], words, files))
        for claimed in batch
    ]
    _name(ready)
    return ready


def _render(
    claimed: Claimed,
    account: Account,
    words: Mapping[int, Mapping[str, Any]],
    files: Mapping[int, Sequence[OutgoingFile]],
) -> Outgoing:
    if claimed.entry_id is None:
        return _own_mail(claimed)
    row = words[claimed.entry_id]
    number = f"U-{row['ticket_id']}"
    answered = row["answered"]
    return Outgoing(
        client_key=claimed.client_key,
        to=claimed.to_value,
        to_name=claimed.to_name,
        subject=_subject(row, number) if capabilities(account.kind).subject else "",
        text=row["text"],
        html=row["html"],
        ticket_number=number,
        reply_token=sign(account.secret, TICKET, str(row["ticket_id"])),
        in_reply_to=answered[0] if answered else "",
        references=tuple(reversed(answered)),
        files=tuple(files.get(claimed.entry_id, ())),
        automatic=claimed.is_automatic,
        author_name=row["author_name"],
        language=row["language"],
        choices=_choices(claimed, account, row),
    )


def _choices(claimed: Claimed, account: Account, row: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Only the requester's own address gets the links: somebody in copy must not answer for them."""
    kind = capabilities(account.kind).handle_kind
    if not row["resolves"] or normal_handle(kind, claimed.to_value, account.region) not in row["own"]:
        return ()
    return solution_links(
        row["ticket_id"], row["requester_id"], secret=account.secret, language=row["language"], now=timezone.now()
    )


def _own_mail(claimed: Claimed) -> Outgoing:
    payload = claimed.payload or {}
    return Outgoing(
        client_key=claimed.client_key,
        to=claimed.to_value,
        to_name=claimed.to_name,
        subject=str(payload.get("subject", "")),
        text=str(payload.get("text", "")),
        automatic=True,
    )


def _subject(row: Mapping[str, Any], number: str) -> str:
    """The number stands in every subject, once; people quote it on the phone. It is no key: the token is."""
    subject = row["subject"] or row["ticket_subject"]
    if not row["subject"] and row["answered"] and not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    return subject if number in subject else f"{subject} [{number}]"


def _file(row: Mapping[str, Any]) -> OutgoingFile:
    return OutgoingFile(row["name"], row["content_type"], row["size"], partial(blobs().read, row["blob_hash"]))


def _name(ready: Sequence[Ready]) -> None:
    named: dict[int, str] = {}
    for one in ready:
        name = getattr(get_channel(one.account.kind), "provider_id", None)
        if name is not None:
            named[one.claimed.id] = name(one.message.client_key, one.account)
    name_messages(named, {one.claimed.id: one.claimed.entry_id for one in ready})
