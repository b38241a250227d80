"""What one endpoint asks of its callers beyond the usual; written above it as ``@rules(...)``."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

MEGABYTE = 1 << 20
View = TypeVar("View", bound=Callable[..., Any])


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults are right for an ordinary JSON endpoint."""

    needs_key: bool = True  # POST without Idempotency-Key is refused
    is_repeatable: bool = False  # done twice is done once: a key is neither needed nor kept
    guards_browsers: bool = True  # unsafe calls need X-Uzel-Client and our own Origin, unless a token signs them
    is_paced: bool = True  # counts against how fast the caller may go
    is_secret: bool = False  # the answer holds a secret: never stored for replay
    headers: Mapping[str, Mapping[str, Any]] = {}  # what the view reads from headers, as JSON schemas by name
    max_body: int = 2 * MEGABYTE
    reads_stream: bool = False  # the endpoint reads its body by itself, piece by piece


ORDINARY = Rules()


def rules(**settings: Any) -> Callable[[View], View]:
    def put(view: View) -> View:
        view.__dict__["uzel_rules"] = Rules(**settings)
        return view

    return put


def rules_of(view: Callable[..., Any]) -> Rules:
    return getattr(view, "uzel_rules", ORDINARY)
