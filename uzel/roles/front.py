"""One public port before two roles: what begins with the live stream's path goes to ``live``, the rest to ``web``.

Bytes are passed on as they come, answers untouched. Of a request only its head is looked at, for the path, and to
write the caller's address into it. Measured in docs/decisions/0002-one-port.md. Used by ``uzel up`` alone: whoever has
a proxy of his own (nginx, Caddy) lets it do this.
"""

import asyncio
import contextlib
import re
import resource
import socket
from collections.abc import Callable

import httptools

LIVE_PATH = b"/api/v1/live"
LONGEST_HEAD = 64 * 1024  # bytes
HEAD_DEADLINE = 30.0  # seconds for a request's head to arrive
IDLE_DEADLINE = 300.0  # seconds without a byte either way; live streams say something every 20
SWEEP_EVERY = 10.0  # seconds
# Ours to say; a change of protocol that nobody behind us speaks; names WSGI can't tell from ours (X_Forwarded_For).
REMOVED = re.compile(
    rb"(?im)^(x-forwarded-[\w-]*|forwarded|x-real-ip|upgrade|http2-settings|[a-z0-9-]+_[\w-]*)[ \t]*:.*\r\n"
)
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")  # some parsers see a line's end there, others do not
FORWARDED_FOR = re.compile(rb"(?im)^x-forwarded-for[ \t]*:[ \t]*(.*?)[ \t]*\r\n")
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Address = tuple[str, int]


class Head:
    """What matters in one request: where it goes, and where its body ends. Callbacks are httptools'."""

    def __init__(self) -> None:
        self.url = b""
        self.begun = 0
        self.complete = False
        self._parser = httptools.HttpRequestParser(self)

    @property
    def live(self) -> bool:
        return self.url.partition(b"?")[0] == LIVE_PATH

    @property
    def pipelined(self) -> bool:
        """More than one request came at once. Browsers do not; the end of the first can't be told from here."""
        return self.begun > 1

    def feed(self, data: bytes) -> None:
        """Raises httptools.HttpParserError."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_message_complete(self) -> None:
        self.complete = True


class Upstream(asyncio.Protocol):
    """The connection to one role on behalf of one visitor."""

    def __init__(self, visitor: "Visitor") -> None:
        self.visitor = visitor
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.visitor.answered(self, data)

    def connection_lost(self, error: Exception | None) -> None:
        self.visitor.left_by(self)

    def pause_writing(self) -> None:
        self.visitor.transport.pause_reading()

    def resume_writing(self) -> None:
        with contextlib.suppress(RuntimeError):  # closing
            self.visitor.transport.resume_reading()


class Visitor(asyncio.Protocol):
    """One connection from outside. It talks to one role at a time and may change it between requests."""

    transport: asyncio.Transport

    def __init__(self, front: "Front") -> None:
        self.front = front
        self.peer = ""
        self.last_byte = front.clock()
        self.head_since: float | None = None
        self._head = bytearray()
        self._request: Head | None = None  # whose body is still coming
        self._upstream: Upstream | None = None
        self._to_live = False
        self._unanswered = False
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[bytes] = []

    # -- from outside -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        self.front.visitors.add(self)

    def data_received(self, data: bytes) -> None:
        self.last_byte = self.front.clock()
        try:
            if self._request is not None:
                self._body(data)
            else:
                self._heads(data)
        except httptools.HttpParserError:
            self.refuse(BAD_REQUEST)

    def connection_lost(self, error: Exception | None) -> None:
        self.front.visitors.discard(self)
        if self._connecting:
            self._connecting.cancel()
        self._drop_upstream()

    def pause_writing(self) -> None:
        if self._upstream and self._upstream.transport:
            self._upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._upstream and self._upstream.transport:
            self._upstream.transport.resume_reading()

    def refuse(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()

    def _heads(self, data: bytes) -> None:
        self._head += data
        while self._request is None and (end := self._head.find(b"\r\n\r\n")) >= 0:
            whole = bytes(self._head[: end + 4])
            rest = bytes(self._head[end + 4 :])
            self._head.clear()
            self._begin(self._rewritten(whole))
            if self._request is not None and rest:
                self._body(rest)
            elif rest:
                self._head += rest
        if len(self._head) > LONGEST_HEAD:
            self.refuse(TOO_LARGE)
        self.head_since = (self.head_since or self.last_byte) if self._head else None

    def _begin(self, head: bytes) -> None:
        request = Head()
        request.feed(head)
        if not request.complete:
            self._request = request
        self._choose_role(request)
        self._unanswered = True
        self._send(head)

    def _body(self, data: bytes) -> None:
        assert self._request is not None
        self._request.feed(data)
        if self._request.pipelined:
            self.refuse(BAD_REQUEST)
            return
        if self._request.complete:
            self._request = None
        self._send(data)

    def _rewritten(self, head: bytes) -> bytes:
        """The caller's address as the role shall believe it: the peer's, or what a trusted proxy says."""
        caller = self.peer.encode()
        if self.peer in self.front.trusted and (named := FORWARDED_FOR.findall(head)):
            caller = named[-1].rpartition(b",")[2].strip()
        if BARE_LINE_END.search(head):
            raise httptools.HttpParserError("bare line end")
        line, _, rest = head.partition(b"\r\n")
        return line + b"\r\nX-Forwarded-For: " + caller + b"\r\n" + REMOVED.sub(b"", rest)

    # -- to and from the role -----------------------------------------------------------------------------------------

    def _choose_role(self, request: Head) -> None:
        if self._to_live == request.live:
            return
        if self._unanswered:
            raise httptools.HttpParserError("pipelined across roles")
        self._drop_upstream()
        self._to_live = request.live

    def _send(self, data: bytes) -> None:
        if self._upstream and self._upstream.transport:
            self._upstream.transport.write(data)
            return
        self._waiting.append(data)
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        upstream = Upstream(self)
        target = self.front.live if self._to_live else self.front.web
        self.transport.pause_reading()
        try:
            await asyncio.get_running_loop().create_connection(lambda: upstream, *target)
        except OSError:
            self.refuse(UNAVAILABLE)  # the role is being restarted
            return
        finally:
            self._connecting = None
        self._upstream = upstream
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            self._send(data)
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def answered(self, upstream: Upstream, data: bytes) -> None:
        if upstream is self._upstream:
            self.last_byte = self.front.clock()
            self._unanswered = False
            self.transport.write(data)

    def left_by(self, upstream: Upstream) -> None:
        if upstream is self._upstream:
            self.transport.close()

    def _drop_upstream(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream and upstream.transport:
            upstream.transport.close()


class Front:
    """Listens on ``sock`` (bound, not yet listening) until closed."""

    def __init__(self, *, web: Address, live: Address, trusted: frozenset[str]) -> None:
        self.web = web
        self.live = live
        self.trusted = trusted
        self.visitors: set[Visitor] = set()
        self.clock: Callable[[], float] = asyncio.get_running_loop().time
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def open(self, sock: socket.socket) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:  # each visitor is two open files
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Visitor(self), sock=sock, backlog=1024)
        self._sweeping = loop.create_task(self._sweep())

    async def close(self) -> None:
        if self._sweeping:
            self._sweeping.cancel()
        if self._server:
            self._server.close()
        for visitor in list(self.visitors):
            visitor.transport.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            now = self.clock()
            for visitor in list(self.visitors):
                slow = visitor.head_since is not None and now - visitor.head_since > HEAD_DEADLINE
                if slow or now - visitor.last_byte > IDLE_DEADLINE:
                    visitor.transport.abort()


def bind(host: str, port: int) -> socket.socket:
    """Take the public port early, answer on it later. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
