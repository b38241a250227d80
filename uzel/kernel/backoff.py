"""How long to wait between attempts to send."""

import datetime as dt

WEEK = dt.timedelta(days=7)
_FIRST = dt.timedelta(seconds=15)
_LONGEST = dt.timedelta(hours=1)


def retry_delay(attempt: int) -> dt.timedelta:
    """How long to wait before attempt number ``attempt``.

    Doubles from 15 seconds and stops growing at one hour: a customer who has waited
    that long should reach a person, not a longer timer.

    Args: attempt: 1 for the first retry (the original send is attempt 0).
    Raises: ValueError: ``attempt`` is below 1.
    """
    if attempt < 1:
        raise ValueError("attempt counts from 1")
    doublings: int = min(attempt - 1, 10)
    return min(_FIRST * (1 << doublings), _LONGEST)
