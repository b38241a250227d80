"""The one tree of errors. Each message tells the reader what to do next, in both languages.

UzelError
├── NotFound        there is no such thing, or you may not see it (the two look alike on purpose)
├── Forbidden       you see it but may not do this
├── Conflict        somebody changed it meanwhile, or its state does not allow this
├── Stale           the edit was based on an older version (If-Match)
├── Invalid         the input can't be used; ``fields`` names what and why
├── TooMany         slow down; ``retry_after`` seconds
├── TooLarge        over a limit that the message names
├── Unauthenticated sign in first
└── UnreadablePayload  a channel's delivery can't be understood; goes to quarantine
"""

from collections.abc import Mapping


class UzelError(Exception):
    """Something the user can act on. ``en`` and ``ru`` say what happened and what to do next."""

    code = "error"

    def __init__(self, en: str, ru: str = "", *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.ru = ru or en
        self.fields = dict(fields or {})


class NotFound(UzelError):
    code = "not-found"


class Forbidden(UzelError):
    code = "forbidden"


class Conflict(UzelError):
    code = "conflict"


class Stale(UzelError):
    """``current`` is the version that stands now."""

    code = "stale"

    def __init__(self, en: str, ru: str = "", *, current: int | None = None) -> None:
        super().__init__(en, ru)
        self.current = current


class Invalid(UzelError):
    code = "invalid"


class TooLarge(UzelError):
    code = "too-large"


class Unauthenticated(UzelError):
    code = "unauthenticated"


class TooMany(UzelError):
    code = "too-many"

    def __init__(self, en: str, ru: str = "", *, retry_after: int) -> None:
        super().__init__(en, ru)
        self.retry_after = retry_after


class UnreadablePayload(UzelError):
    """A delivery that its channel can't read. Kept, shown in quarantine, replayed after editing."""

    code = "unreadable"
