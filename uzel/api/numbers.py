"""Ticket numbers in paths and bodies: ``U-10482`` or ``10482``."""

import re

from uzel.kernel.errors import Invalid, NotFound

_NUMBER = re.compile(r"(?:U-)?([0-9]{1,15})", re.IGNORECASE)


def ticket_number(text: str) -> int:
    """The number in a path. Raises NotFound for what is none."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise NotFound("There is no such ticket. Check the number.", "Такого обращения нет. Проверьте номер.")
    return int(found[1])


def named_ticket(text: str, field: str) -> int:
    """The number in a body. Raises Invalid naming the field."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise Invalid(
            "Write the ticket's number as U-10482.",
            "Номер обращения пишется так: U-10482.",
            fields={field: "no number"},
        )
    return int(found[1])
