"""Playing yesterday today: what a step of a story wrote gets the time at which it is told to have happened.

The stories run through the same services as real life, which know no other time than now; so the rows are dated back
afterwards, inside the transaction that wrote them.
"""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

from uzel.store.sql import Query, fetch, run

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_SPAN = re.compile(r"(\d+)([dhm])")

# Rows that a step made: table and the columns that say when.
_MADE = {
    "entry": ("at", "created_at"),
    "join": ("at",),
    "dispatch": ("created_at", "state_at"),
    "promise": ("created_at",),
    "ticket": ("created_at", "first_contact_at"),
    "ticket_merge": ("at",),
    "ticket_split": ("at",),
    "delivery": ("received_at", "handled_at"),
    "person": ("created_at",),
    "handle": ("valid_from",),
    "person_suggestion": ("created_at",),
}
# Columns of tickets that a step may have set to the present.
_SET = (
    "updated_at",
    "answered_at",
    "resolved_at",
    "confirmed_at",
    "closed_at",
    "last_entry_at",
    "last_contact_at",
)
_MARKS = Query(
    "demo_marks",
    " UNION ALL ".join(f"SELECT '{table}' AS name, COALESCE(max(id), 0) AS mark FROM \"{table}\"" for table in _MADE),  # noqa: S608 - our own names
)
_MAKE_EARLIER = {
    table: Query(
        f"demo_date_{table}",
        f'UPDATE "{table}" SET {", ".join(f"{column} = %(at)s" for column in columns)} WHERE id > %(mark)s::bigint',  # noqa: S608 - our own names
    )
    for table, columns in _MADE.items()
}
_REWRITTEN = ", ".join(f"{column} = CASE WHEN {column} >= now() THEN %(at)s ELSE {column} END" for column in _SET)
_SET_EARLIER = Query(
    "demo_date_tickets",
    f"UPDATE ticket SET {_REWRITTEN} WHERE updated_at >= now()",  # noqa: S608 - our own names
)
_SENT = Query(
    "demo_sent", "UPDATE dispatch SET state = 'sent', attempts = 1 WHERE id > %(mark)s::bigint AND state = 'queued'"
)


def span(text: str) -> dt.timedelta:
    """``1d 2h 5m``."""
    return sum((dt.timedelta(**{_UNITS[unit]: int(n)}) for n, unit in _SPAN.findall(text)), dt.timedelta())


@contextmanager
def happened(at: dt.datetime) -> Iterator[None]:
    """Whatever is written inside happened at ``at``; what should have been sent, was. Needs one long transaction."""
    marks = {row["name"]: row["mark"] for row in fetch(_MARKS, {})}
    yield
    run(_SENT, {"mark": marks["dispatch"]})
    for table, query in _MAKE_EARLIER.items():
        run(query, {"at": at, "mark": marks[table]})
    run(_SET_EARLIER, {"at": at})
