"""One signed-in IMAP connection. IMAPClient does the protocol; it blocks, so each line has a thread of its own."""

import asyncio
import contextlib
import datetime as dt
import imaplib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError

from uzel.channels.email.oauth import access_token, forget_token
from uzel.channels.email.settings import CONNECT_TIMEOUT, READ_TIMEOUT, EmailSettings, Server
from uzel.channels.email.trouble import FolderMissing, LoginRefused, NotOffered

CHUNK = 1 << 20  # bytes asked for at once
LARGEST = 256 << 20  # bytes of a mail that are taken in at all
IDLE_SECONDS = 60.0  # RFC 2177 allows 29 minutes; a dead line is found out within one, for forty bytes
POLL_SECONDS = 30.0  # for servers without IDLE

logging.getLogger("imapclient").setLevel(logging.WARNING)  # it reports every closed connection

# A mailbox of a million mails answers SEARCH with one line of 8 MB; imaplib stops at 1 MB.
imaplib._MAXLINE = 64 << 20  # type: ignore[attr-defined]

T = TypeVar("T")


class Unfetchable(Exception):
    """The server does not give this one mail; the line itself goes on working."""


class Folder(msgspec.Struct, frozen=True):
    """How a folder stands. ``uidnext`` is the UID that the next mail will have at least."""

    uidvalidity: int
    uidnext: int


class Fetched(msgspec.Struct, frozen=True):
    raw: bytes
    received_at: dt.datetime | None


class ImapLine:
    """Use as ``async with ImapLine(settings) as line``; leaving it at any moment cuts the connection at once."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._client: IMAPClient | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imap")

    async def __aenter__(self) -> "ImapLine":
        try:
            self._client = await self._run(lambda: sign_in(self._settings, keep=self._keep))
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wakes the thread out of any read: whoever lost its lease must not go on."""
        self._closed = True
        if self._client is not None:
            cut(self._client)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def select(self, folder: str) -> Folder:
        """Opened read-only: nothing is marked as seen. Raises FolderMissing."""
        return await self._run(lambda: select(self._line, folder))

    async def uids_above(self, last: int) -> list[int]:
        """UIDs of the open folder greater than ``last``, ascending."""
        found = await self._run(lambda: search_above(self._line, last))
        return sorted(uid for uid in found if uid > last)  # "*" names the last mail even when it is older

    async def fetch(self, uid: int, since: dt.datetime | None = None) -> Fetched | None:
        """The whole mail, in pieces if it is large; None when it is gone or came before ``since``.

        Raises Unfetchable.
        """
        return await self._run(lambda: fetch(self._line, uid, since))

    async def wait_for_news(self) -> None:
        """Returns when the folder may have changed, a minute later at the latest."""
        if self._line.has_capability("IDLE"):
            await self._run(lambda: idle(self._line))
        else:
            await asyncio.sleep(POLL_SECONDS)
            await self._run(lambda: self._line.noop())

    @property
    def _line(self) -> IMAPClient:
        assert self._client is not None, "the line is not open"
        return self._client

    def _keep(self, client: IMAPClient) -> None:
        self._client = client
        if self._closed:
            cut(client)  # closed while still connecting: the next read fails

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def sign_in(settings: EmailSettings, *, keep: Callable[[IMAPClient], None] = lambda _: None) -> IMAPClient:
    """Connect, encrypt, sign in. ``keep`` gets the connection as soon as there is one, to be able to cut it.

    Raises: LoginRefused, NotOffered, OSError, IMAPClientError.
    """
    server = settings.imap
    assert server is not None, "the account reads no mailbox"
    client = connect(server, settings.tls() if server.security != "none" else None)
    keep(client)
    try:
        if server.security == "starttls":
            with not_offered("STARTTLS"):
                client.starttls(settings.tls())
        _log_in(client, server, settings)
        client.normalise_times = False  # aware moments instead of naive local ones
        client.capabilities()
    except BaseException:
        cut(client)
        raise
    return client


def connect(server: Server, context: ssl.SSLContext | None) -> IMAPClient:
    timeout = SocketTimeout(CONNECT_TIMEOUT, READ_TIMEOUT)
    direct = server.security == "tls"
    client = IMAPClient(server.host, server.port, ssl=direct, ssl_context=context if direct else None, timeout=timeout)
    client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return client


def select(client: IMAPClient, folder: str) -> Folder:
    try:
        status = client.select_folder(folder, readonly=True)
    except IMAPClient.AbortError:
        raise
    except IMAPClientError as error:
        raise FolderMissing(folder) from error
    return Folder(int(status[b"UIDVALIDITY"]), int(status.get(b"UIDNEXT") or 0))


def fetch(client: IMAPClient, uid: int, since: dt.datetime | None) -> Fetched | None:
    about = _ask(client, uid, ["RFC822.SIZE", "INTERNALDATE"])
    if about is None:
        return None
    moment = _moment(about.get(b"INTERNALDATE"))
    if since is not None and moment is not None and moment < since:
        return None
    size = int(about.get(b"RFC822.SIZE") or 0)
    if size > LARGEST:
        raise Unfetchable(f"{size} bytes are more than Uzel takes in ({LARGEST})")
    raw = b"".join(_pieces(client, uid)) if size > CHUNK else _whole(client, uid)
    return Fetched(raw, moment)


def _moment(value: Any) -> dt.datetime | None:
    """When the server got the mail; never in the future, whatever its clock says."""
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        return None
    return min(value, dt.datetime.now(dt.UTC))


def search_above(client: IMAPClient, last: int) -> list[int]:
    forget_news(client)  # what was said before is found by this search
    found: list[int] = client.search(["UID", f"{last + 1}:*"])
    return found


def idle(client: IMAPClient) -> None:
    if forget_news(client):
        return
    client.idle()
    if not said_already(client):
        client.idle_check(timeout=IDLE_SECONDS)
    client.idle_done()


def forget_news(client: IMAPClient) -> bool:
    """Whether the server spoke of new mail along with the answer to something else, since this was asked last.

    The library keeps such words and shows them to nobody: a mail that came during a search would wait for the next.
    """
    return client._imap.untagged_responses.pop("EXISTS", None) is not None


def said_already(client: IMAPClient) -> bool:
    """Whether news came in one packet with the server's «+»: it is in the reader's buffer, where the library, which
    watches the socket, does not see it. Mail that arrived while IDLE was asked for would wait for the next one."""
    line = client.socket()
    line.setblocking(False)
    try:
        return bool(client._imap.file.peek(1))
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    finally:
        line.settimeout(READ_TIMEOUT)


def cut(client: IMAPClient) -> None:
    with contextlib.suppress(OSError):  # already closed by the other side
        client.socket().shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        client.shutdown()


@contextlib.contextmanager
def not_offered(what: str) -> Iterator[None]:
    try:
        yield
    except CapabilityError as error:
        raise NotOffered(what) from error


def _log_in(client: IMAPClient, server: Server, settings: EmailSettings) -> None:
    try:
        if settings.oauth is not None:
            with not_offered("XOAUTH2"):
                client.oauth2_login(server.user, access_token(settings))
        elif server.user and client.has_capability("AUTH=PLAIN"):
            client.plain_login(server.user, server.password)  # LOGIN takes ASCII only
        elif server.user:
            client.login(server.user, server.password)
    except IMAPClient.AbortError:
        raise
    except (LoginError, IMAPClientError, UnicodeEncodeError) as error:
        forget_token(settings)
        raise LoginRefused(str(error)) from error


def _ask(client: IMAPClient, uid: int, items: list[str]) -> dict[bytes, Any] | None:
    """One FETCH. None: there is no such mail (any more)."""
    try:
        answer = client.fetch([uid], items).get(uid)
    except IMAPClient.AbortError:
        raise
    except IMAPClientError as error:
        raise Unfetchable(str(error)) from error
    if answer is None and uid in client.search(["UID", str(uid)]):
        raise Unfetchable("the server lists the mail but does not give it")
    return answer


def _whole(client: IMAPClient, uid: int) -> bytes:
    answer = _ask(client, uid, ["BODY.PEEK[]"]) or {}
    return _content(answer, b"BODY[]")


def _pieces(client: IMAPClient, uid: int) -> Iterator[bytes]:
    """Until a piece comes short: servers that count line ends otherwise announce a wrong size."""
    offset = 0
    while True:
        answer = _ask(client, uid, [f"BODY.PEEK[]<{offset}.{CHUNK}>"]) or {}
        piece = _content(answer, f"BODY[]<{offset}>".encode())
        yield piece
        offset += len(piece)
        if len(piece) < CHUNK:
            return


def _content(answer: dict[bytes, Any], name: bytes) -> bytes:
    content = answer.get(name)
    if content is None and name not in answer:
        raise Unfetchable("the server gave no content")
    return bytes(content or b"")
