"""A phone in a train costs a thread, not everybody's time."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.callers import make_person, open_session_of
from tests.chains import make_attachment, make_entry, make_ticket
from tests.web.process import WebProcess

SLOW = 16  # lines; more than the threads that work and the connections to the database together


@contextmanager
def many_lines(web: WebProcess, request: str) -> Iterator[None]:
    """Send ``request`` over many lines, then neither send nor read any more."""
    with ExitStack() as lines:
        for _ in range(SLOW):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", web.port)))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(request.encode())
        yield


def served_meanwhile(request: Callable[[str], str]) -> None:
    person = make_person()
    secret = open_session_of(person)
    common = f"Host: localhost\r\nX-Uzel-Client: web\r\nCookie: uzel_session={secret}\r\n"
    file = make_attachment(make_entry(make_ticket(person)), b"x" * 20_000_000, "a.bin", "application/octet-stream")
    with WebProcess() as web, many_lines(web, request(str(file.id)).format(common=common)):
        for _ in range(5):
            assert web.get("/api/v1/me", cookies={"uzel_session": secret}).status_code == 200


def test_slow_downloads_keep_nobody_waiting(database_url: str) -> None:
    served_meanwhile(lambda file: f"GET /api/v1/attachments/{file} HTTP/1.1\r\n{{common}}\r\n")


@pytest.mark.parametrize("size", [100, 3_000_000])
def test_bodies_that_never_come_keep_nobody_waiting(database_url: str, size: int) -> None:
    method, path = ("PATCH", "me") if size < 2_000_000 else ("POST", "hooks/1")
    served_meanwhile(lambda _: f"{method} /api/v1/{path} HTTP/1.1\r\n{{common}}Content-Length: {size}\r\n\r\n{{{{")
