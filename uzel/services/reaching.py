"""The ways in which a ticket's people can be reached now: their current handles times our active channels."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from uzel.channelkit.contract import Capabilities
from uzel.channelkit.registry import capabilities
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid
from uzel.kernel.handles import normal_handle
from uzel.services.rights import DESK_ONLY
from uzel.store.models import Ticket
from uzel.store.queries.vias import fetch_addresses, fetch_channels
from uzel.store.reach import find_root

UNDO = dt.timedelta(seconds=10)  # how long a message can be taken back before it leaves


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One channel with whom it goes to: (value, name), the main receiver first."""

    channel_id: int
    channel_kind: str
    limits: Capabilities
    receivers: list[tuple[str, str]]


def list_vias(ticket_id: int) -> list[dict[str, Any]]:
    """What the composer offers, the default one marked: where the requester wrote from last, if it still works."""
    addresses = [row for row in fetch_addresses(ticket_id) if row["is_requester"]]
    vias = []
    for channel in fetch_channels(ticket_id):
        limits = capabilities(channel["kind"])
        if limits.internal:
            vias.append(_via(channel, limits, "", "proven"))
        vias += [
            _via(channel, limits, address["value"], address["proof"]) | {"to_shown": address["shown"]}
            for address in addresses
            if address["kind"] == limits.handle_kind and not limits.internal
        ]
    last = max(vias, key=lambda via: _rank(via, addresses), default=None)
    for via in vias:
        via["is_default"] = via is last
        del via["last_used"]
    return vias


def _via(channel: dict[str, Any], limits: Capabilities, to: str, proof: str) -> dict[str, Any]:
    return {
        "channel_id": channel["id"],
        "channel_kind": channel["kind"],
        "channel_name": channel["name"],
        "to": to,
        "to_shown": to,
        "proof": proof,
        "rich_text": limits.rich_text,
        "max_text": limits.max_text,
        "max_file": limits.max_file,
        "ok": channel["is_working"],
        "why_en": None if channel["is_working"] else "The last connection failed; it may be delayed.",
        "why_ru": None if channel["is_working"] else "Последнее соединение не удалось, возможна задержка.",
        "last_used": channel["last_used_at"],
    }


def _rank(via: dict[str, Any], addresses: list[dict[str, Any]]) -> tuple[Any, ...]:
    wrote_from = any(address["value"] == via["to"] and address["wrote_last"] for address in addresses)
    used = via["last_used"].timestamp() if via["last_used"] else 0.0
    return (used, wrote_from, ("claimed", "probable", "proven").index(via["proof"]), -via["channel_id"])


def find_way(ticket: Ticket, channel_id: int | None, to: str, cc: Sequence[str]) -> Way:
    """Check what the agent chose. Raises Invalid for a channel or a handle that does not lead to these people."""
    if channel_id is None:
        default = next((via for via in list_vias(ticket.id) if via["is_default"]), None)
        if default is None:
            raise NO_WAY
        channel_id, to = default["channel_id"], to or default["to"]
    channel = next((row for row in fetch_channels(ticket.id) if row["id"] == channel_id), None)
    if channel is None:
        raise NO_WAY
    limits = capabilities(channel["kind"])
    known = {row["value"]: row for row in fetch_addresses(ticket.id) if row["kind"] == limits.handle_kind}
    wanted = (
        [] if limits.internal else [normal_handle(limits.handle_kind, value) for value in (to or _main(known), *cc)]
    )
    for value in wanted:
        if value not in known:
            raise NOT_THEIRS
    receivers = [(known[value]["shown"], known[value]["name"]) for value in dict.fromkeys(wanted)]
    return Way(channel_id=channel_id, channel_kind=channel["kind"], limits=limits, receivers=receivers)


def _main(known: dict[str, dict[str, Any]]) -> str:
    """The requester's own address of this kind; the one they wrote from last, else the best proven."""
    own = [row for row in known.values() if row["is_requester"]]
    own.sort(key=lambda row: (row["wrote_last"], row["proof"] == "proven", row["proof"] == "probable"))
    return own[-1]["value"] if own else ""


NO_WAY = Invalid(
    "This channel can't be used for this ticket. Choose one of those offered under “via”.",
    "Этим каналом здесь ответить нельзя. Выберите один из предложенных.",
    fields={"via": "not usable"},
)
NOT_THEIRS = Invalid(
    "That address is not a current contact of the requester or a participant. Choose one of theirs, or add it first.",
    "Этот адрес — не действующий контакт заявителя или участника. Выберите их контакт или сначала добавьте его.",
    fields={"to": "not a current handle"},
)


def get_vias(number: int, *, by: Actor) -> list[dict[str, Any]]:
    """``list_vias`` of a ticket that the actor serves. Raises NotFound, Forbidden."""
    found = find_root(number, by)
    if not found.is_desk:
        raise DESK_ONLY
    return list_vias(found.id)
