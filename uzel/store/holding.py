"""Holding intake back from a few tickets while an agent rearranges them.

Intake takes a lock per sender before it looks where a message belongs. Whoever moves entries between tickets takes
those of all people of these tickets first: a mail that comes meanwhile sees the chain either before or after.
"""

from collections.abc import Collection

from uzel.domain.permissions import Actor
from uzel.store.intake import facts
from uzel.store.reach import find_root
from uzel.store.sql import Query, fetch

_SENDERS = Query(
    "senders_of_tickets",
    """
    SELECT DISTINCT h.kind || ' ' || h.value AS key FROM (
        SELECT requester_id AS person_id FROM ticket WHERE id = ANY(%(tickets)s::bigint[])
        UNION SELECT person_id FROM ticket_person WHERE ticket_id = ANY(%(tickets)s::bigint[])
        UNION SELECT unnest(%(people)s::bigint[])
    ) party JOIN handle h ON h.person_id = party.person_id AND h.valid_until IS NULL
    """,
)


def hold_back_intake(tickets: Collection[int] = (), people: Collection[int] = ()) -> None:
    """Until the transaction ends nothing is taken in from these people. Call it before any ticket is locked."""
    rows = fetch(_SENDERS, {"tickets": sorted(set(tickets)), "people": sorted(set(people))})
    facts.lock([row["key"] for row in rows])


def hold_back_from(numbers: Collection[int], by: Actor) -> None:
    """The same by numbers that the actor named. Raises NotFound for what they may not see."""
    hold_back_intake([*numbers, *(find_root(number, by).id for number in numbers)])
