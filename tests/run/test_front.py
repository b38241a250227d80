"""One public port: each request reaches its role, and nobody but the front says who called."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from uzel.roles.front import Front, bind

Talk = Callable[[bytes], Awaitable[bytes]]


class Backend:
    """A role that answers with its own name and remembers what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked = b""
        self.port = 0

    async def open(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.asked += data
            if self.asked.endswith((b"\r\n\r\n", b"end")):
                body = self.name.encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()


class Place:
    def __init__(self, web: Backend, live: Backend, port: int) -> None:
        self.web = web
        self.live = live
        self.port = port

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, *requests: bytes) -> list[bytes]:
        """Answers on one connection, each request sent after the answer before it."""
        reader, writer = await self.connect()
        answers = []
        for request in requests:
            writer.write(request)
            answers.append(await asyncio.wait_for(reader.read(65536), 10))
        writer.close()
        return answers


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async for made in made_place(frozenset()):
        yield made


async def made_place(trusted: frozenset[str]) -> AsyncIterator[Place]:
    web, live = Backend("web"), Backend("live")
    servers = [await web.open(), await live.open()]
    front = Front(web=("127.0.0.1", web.port), live=("127.0.0.1", live.port), trusted=trusted)
    sock = bind("127.0.0.1", 0)
    await front.open(sock)
    yield Place(web, live, sock.getsockname()[1])
    await front.close()
    for server in servers:
        server.close()


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


async def test_one_connection_may_speak_to_both_roles_in_turn(place: Place) -> None:
    answers = await place.ask(get("/api/v1/me"), get("/api/v1/live?since=1"), get("/desk/"))

    assert [answer[-4:] for answer in answers] == [b"\nweb", b"live", b"\nweb"]


async def test_a_path_that_only_begins_like_the_live_one_is_the_webs(place: Place) -> None:
    (answer,) = await place.ask(get("/api/v1/lively"))

    assert answer.endswith(b"web")


async def test_the_callers_address_is_the_peers_whatever_the_caller_says(place: Place) -> None:
    await place.ask(get("/", "X-Forwarded-For: 1.2.3.4", "x_forwarded_for: 1.2.3.4", "Forwarded: for=1.2.3.4"))

    assert b"1.2.3.4" not in place.web.asked
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in place.web.asked


async def test_a_trusted_proxy_is_believed_for_the_last_address_it_names() -> None:
    async for place in made_place(frozenset({"127.0.0.1"})):
        await place.ask(get("/", "X-Forwarded-For: 6.6.6.6, 1.2.3.4"))

        assert b"\r\nX-Forwarded-For: 1.2.3.4\r\n" in place.web.asked
        assert b"6.6.6.6" not in place.web.asked


@pytest.mark.parametrize(
    "trick",
    [
        b"GET / HTTP/1.1\r\nHost: a\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX-Forwarded-For: 1.2.3.4\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"nonsense\r\n\r\n",
        get("/") + get("/api/v1/live"),
    ],
    ids=["bare newline", "bare return", "two lengths", "not http", "pipelined across roles"],
)
async def test_what_two_parsers_could_read_differently_is_refused(place: Place, trick: bytes) -> None:
    (answer,) = await place.ask(trick)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"1.2.3.4" not in place.web.asked
    assert not place.live.asked


async def test_a_body_in_pieces_arrives_whole_and_the_next_request_is_seen(place: Place) -> None:
    reader, writer = await place.connect()
    writer.write(b"POST /api/v1/files HTTP/1.1\r\nHost: a\r\nContent-Le")
    await writer.drain()
    writer.write(b"ngth: 10\r\n\r\nhal")
    await writer.drain()
    writer.write(b"ves end")
    assert await asyncio.wait_for(reader.readuntil(b"web"), 10)

    writer.write(get("/api/v1/live"))
    second = await asyncio.wait_for(reader.read(100), 10)
    writer.close()

    assert place.web.asked.endswith(b"halves end")
    assert second.endswith(b"live")


async def test_an_endless_head_is_refused(place: Place) -> None:
    (answer,) = await place.ask(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)

    assert answer.startswith(b"HTTP/1.1 431")


async def test_a_role_that_is_away_is_said_so_at_once() -> None:
    gone = bind("127.0.0.1", 0)
    front = Front(web=gone.getsockname(), live=gone.getsockname(), trusted=frozenset())
    sock = bind("127.0.0.1", 0)
    await front.open(sock)
    place = Place(Backend(""), Backend(""), sock.getsockname()[1])

    (answer,) = await place.ask(get("/"))

    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Retry-After" in answer
    await front.close()
    gone.close()
