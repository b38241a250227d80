"""Many lines may be slow, few calls may work: a phone in a train takes a thread, never a turn.

The server has many more threads than turns (``uzel.roles.web``). A call waits for its body without a turn, works with
one, and gives it back before a file is sent. So as few calls as is best for the processor run at once, and a slow line
costs nobody else anything.
"""

import contextlib
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase

from uzel.api.rules import ORDINARY

STREAMED = "/api/v1/uploads/"  # read piece by piece by its view
_turns: SimpleQueue[None] = SimpleQueue()  # what is in it may be taken; cheaper than a Semaphore
for _ in range(settings.WEB_THREADS):
    _turns.put(None)


def in_turn(handle: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware. A streamed answer is sent after the turn, without a connection to the database."""

    def served(request: HttpRequest) -> HttpResponseBase:
        _wait_for_body(request)
        _turns.get()
        try:
            response = handle(request)
            if response.streaming:
                close_old_connections()
        finally:
            _turns.put(None)
        return response

    return served


@contextlib.contextmanager
def in_own_turn() -> Iterator[None]:
    """For what is served before the middleware: it waits for its turn like everybody else."""
    _turns.get()
    try:
        yield
    finally:
        _turns.put(None)


@contextlib.contextmanager
def out_of_turn() -> Iterator[None]:
    """For a view that waits for its caller: others work meanwhile."""
    _turns.put(None)
    try:
        yield
    finally:
        _turns.get()


def wait_for_large_body(request: HttpRequest) -> None:
    """Read a body that was not read ahead; without a turn and without a connection to the database."""
    if _size(request) > ORDINARY.max_body:
        close_old_connections()
        with out_of_turn():
            len(request.body)


def _wait_for_body(request: HttpRequest) -> None:
    """Read an ordinary body ahead, before anything is known of the caller."""
    if 0 < _size(request) <= ORDINARY.max_body and not request.path.startswith(STREAMED):
        with contextlib.suppress(UnreadablePostError):  # the line broke: whoever reads it next is told the same
            len(request.body)


def _size(request: HttpRequest) -> int:
    size = request.META.get("CONTENT_LENGTH") or "0"
    return int(size) if size.isdecimal() else 0
