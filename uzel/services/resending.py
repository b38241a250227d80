"""A reply that failed, or of which nobody knows whether it arrived, is sent again because a person decided so."""

from django.db import transaction

from uzel.domain.permissions import Action, Actor
from uzel.kernel.errors import Conflict, NotFound
from uzel.services.reaching import NO_WAY, find_way
from uzel.services.rights import check_agent, check_may
from uzel.store import outbox
from uzel.store.announce import announce
from uzel.store.audit import record
from uzel.store.models import Dispatch, Entry
from uzel.store.reach import Reached, get_entry


@transaction.atomic
def resend(dispatch_id: int, *, by: Actor) -> int:
    """Try again by the same way; gives the entry's id. Raises Conflict when it is on its way, Invalid when the
    address is not the person's any more."""
    dispatch, entry, reached = _get(dispatch_id, by)
    find_way(reached.ticket, dispatch.channel_id, dispatch.to_value, ())
    outbox.resend(dispatch.id)
    record(by, "resend", "dispatch", dispatch.id, {"state": dispatch.state}, None)
    return entry.id


@transaction.atomic
def send_by(dispatch_id: int, channel_id: int, to: str, *, by: Actor) -> int:
    """Send the same words by another channel; gives the entry's id. Raises Conflict unless the first way failed."""
    dispatch, entry, reached = _get(dispatch_id, by)
    if dispatch.state not in ("failed", "unsure", "cancelled"):
        raise Conflict(
            "It is on its way or has arrived. Write a new reply instead.",
            "Сообщение уже отправляется или дошло. Напишите новый ответ.",
        )
    way = find_way(reached.ticket, channel_id, to, ())
    if way.limits.internal:
        raise NO_WAY  # it stands there already
    value, name = way.receivers[0]
    again = outbox.queue(entry, channel_id, value, to_name=name)
    record(by, "send_by", "dispatch", dispatch.id, None, {"channel": channel_id, "dispatch": again.id})
    announce("dispatch", reached.ticket.id, entry_id=entry.id)
    return entry.id


def _get(dispatch_id: int, by: Actor) -> tuple[Dispatch, Entry, Reached]:
    check_agent(by)
    dispatch = Dispatch.objects.filter(id=dispatch_id).first()
    if dispatch is None or dispatch.entry_id is None:
        raise NO_DISPATCH
    try:
        entry, reached = get_entry(dispatch.entry_id, by)
    except NotFound as hidden:
        raise NO_DISPATCH from hidden
    check_may(reached, Action.REPLY, by)
    return dispatch, entry, reached


NO_DISPATCH = NotFound("There is no such dispatch, or you may not see it.", "Такой отправки нет, или она вам не видна.")
