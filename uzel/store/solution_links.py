"""«Did it help?» as two links in the message that announces a solution: one tap, without signing in.

A link says which ticket and whose answer; whoever holds it got our message at that person's address. It answers
nothing but this one question, and no longer than the ticket can be reopened.
"""

import datetime as dt
from urllib.parse import urlencode

from uzel.channelkit.contract import Choice
from uzel.domain.statuses import REOPENING_WINDOW
from uzel.kernel.config import load_config
from uzel.kernel.tokens import sign_until, verify

PURPOSE = "solution"
_LABELS = {
    "ru": {"yes": "Да, всё работает", "no": "Нет, ещё не работает"},
    "en": {"yes": "Yes, it works", "no": "No, not yet"},
}


def solution_links(
    ticket_id: int, person_id: int, *, secret: bytes, language: str, now: dt.datetime
) -> tuple[Choice, ...]:
    token = sign_until(secret, PURPOSE, f"{ticket_id}.{person_id}", expires=now + REOPENING_WINDOW)
    labels = _LABELS.get(language, _LABELS["en"])
    page = f"{load_config().address}/portal/confirm"
    return tuple(
        Choice(label, f"{page}?{urlencode({'answer': code, 'token': token})}") for code, label in labels.items()
    )


def read_solution_token(token: str, *, secret: bytes, now: dt.datetime) -> tuple[int, int] | None:
    """Ticket and person, or None for a token that is not ours or too old."""
    value = verify(secret, PURPOSE, token, now=now)
    ticket, dot, person = (value or "").partition(".")
    return (int(ticket), int(person)) if dot and ticket.isdigit() and person.isdigit() else None
