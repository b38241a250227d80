"""What an error of the database means: that it is away, that it was busy, or that what was written is at fault.

Django puts all three under OperationalError. Waiting for the database to come back is right for the first only: a
mail that no index can hold would be waited for for ever, and every other mail with it.
"""

from django.db import DatabaseError, InterfaceError, OperationalError

# Connection lost or refused, server going down, too many connections, disk full (PostgreSQL, appendix A).
_AWAY = ("08", "57P", "53300", "53100", "28", "3D")
# Deadlock, lock not available, out of memory or of room for locks.
_BUSY = ("40", "55P03", "53")


def is_away(error: BaseException | None) -> bool:
    """Nothing can be written now, whatever it is."""
    if isinstance(error, InterfaceError):
        return True
    return isinstance(error, OperationalError) and (_code(error) == "" or _code(error).startswith(_AWAY))


def is_busy(error: BaseException | None) -> bool:
    """The same may well succeed a little later."""
    return isinstance(error, DatabaseError) and _code(error).startswith(_BUSY)


def _code(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
