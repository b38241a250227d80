"""Reading mailboxes: every mail of a folder once, in order, whatever breaks on the way.

A folder's cursor (UIDVALIDITY and the last UID) is saved only after what it covers is stored, so a crash at any
point costs a repeated fetch, which the delivery's key turns into nothing. What the server does not give is written
into the cursor, told to the administrator, and asked for again; the mails behind it do not wait.
"""

import asyncio
import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import msgspec
from imapclient.exceptions import IMAPClientError, ProtocolError

from uzel.channelkit.contract import Account, Listener, RawDelivery, Sink
from uzel.channels.email.identity import delivery_key
from uzel.channels.email.imap_line import Fetched, Folder, ImapLine, Unfetchable
from uzel.channels.email.settings import EmailSettings, read_settings
from uzel.channels.email.trouble import FolderMissing, LoginRefused, NotOffered, Told, explain

BATCH = 20  # mails between two saves of the cursor
DEATHS = 3  # broken connections at one and the same mail, after which the others go first
RETRY_SKIPPED = 900.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 120.0  # seconds between two tries to connect
CLOCK_MARGIN = dt.timedelta(days=1)

_log = logging.getLogger(__name__)
_BROKEN = (OSError, EOFError, IMAPClientError, ProtocolError, LoginRefused, FolderMissing, NotOffered)


class Cursor(msgspec.Struct, kw_only=True):
    """Where reading a folder stands. ``since``: older mail lay there before us and is not ours to take in."""

    uidvalidity: int = 0
    last_uid: int = 0
    skipped: dict[int, str] = {}  # uid → why the server did not give it
    since: dt.datetime | None = None

    @property
    def oldest(self) -> dt.datetime | None:
        return self.since - CLOCK_MARGIN if self.since is not None else None


def listeners(account: Account, sink: Sink) -> Sequence[Listener]:
    """One for each folder: IDLE watches a single one."""
    settings = read_settings(account)
    if settings.imap is None:
        return ()
    return [FolderReader(settings, folder, sink).run for folder in settings.folders]


class FolderReader:
    def __init__(self, settings: EmailSettings, folder: str, sink: Sink) -> None:
        self._settings = settings
        self._folder = folder
        self._sink = sink
        self._cursor = Cursor()
        self._at = 0  # the UID that is being fetched
        self._deaths: Counter[int] = Counter()
        self._skipped_due = 0.0
        self._got_on = False  # whether the present connection brought anything

    async def run(self) -> None:
        """Until cancelled. Waits longer after each connection in a row that brought nothing, two minutes at most."""
        pause = FIRST_PAUSE
        while True:
            self._got_on = False
            try:
                async with ImapLine(self._settings) as line:
                    await self._read(line)
            except _BROKEN as error:
                self._deaths[self._at] += 1
                await self._tell(error)
            pause = FIRST_PAUSE if self._got_on else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _read(self, line: ImapLine) -> None:
        self._at = 0
        self._cursor = await self._load(line)
        while True:
            await self._take_new(line)
            await self._take_skipped(line)
            self._got_on = True
            await self._sink.healthy()
            if self._cursor.skipped:
                await self._alarm()
            await line.wait_for_news()

    async def _load(self, line: ImapLine) -> Cursor:
        """Begin, go on, or begin anew when the server gave the mails new numbers (UIDVALIDITY)."""
        folder = await line.select(self._folder)
        saved = await self._sink.load_state(self._state)
        if not saved:
            return await self._begin(line, folder)
        cursor = msgspec.convert(saved, Cursor, strict=False)
        if cursor.uidvalidity == folder.uidvalidity and not 0 < folder.uidnext <= cursor.last_uid:
            return cursor
        _log.warning("the mails of %s have new numbers, all of it is read again", self._folder)
        return Cursor(uidvalidity=folder.uidvalidity, since=cursor.since)

    async def _begin(self, line: ImapLine, folder: Folder) -> Cursor:
        """Saved at once: what comes from now on is ours, even if this process ends before it comes."""
        cursor = Cursor(uidvalidity=folder.uidvalidity)
        if not self._settings.takes_history:
            last = folder.uidnext - 1 if folder.uidnext else max(await line.uids_above(0), default=0)
            cursor.last_uid, cursor.since = last, dt.datetime.now(dt.UTC)
        await self._save(cursor)
        return cursor

    async def _take_new(self, line: ImapLine) -> None:
        waiting = iter(await line.uids_above(self._cursor.last_uid))
        while batch := list(islice(waiting, BATCH)):
            try:
                for uid in batch:
                    await self._take(line, uid)
                    self._cursor.last_uid = uid
            except _BROKEN:
                await self._save(self._cursor)  # a line that never lasts for a batch must get ahead all the same
                raise
            await self._save(self._cursor)

    async def _take_skipped(self, line: ImapLine) -> None:
        if not self._cursor.skipped or time.monotonic() < self._skipped_due:
            return
        self._skipped_due = time.monotonic() + RETRY_SKIPPED
        for uid in sorted(self._cursor.skipped):
            self._deaths[uid] = 0  # the saved cursor still names it, should the line break once more
            reason = self._cursor.skipped.pop(uid)
            try:
                await self._take(line, uid)
            except _BROKEN:
                self._cursor.skipped[uid] = reason
                raise
        await self._save(self._cursor)

    async def _take(self, line: ImapLine, uid: int) -> None:
        if self._deaths[uid] >= DEATHS:
            self._skip(uid, "the connection breaks at this mail")
            return
        self._at = uid
        try:
            mail = await line.fetch(uid, self._cursor.oldest)
        except Unfetchable as error:
            self._skip(uid, str(error)[:300])
            return
        self._at, self._got_on = 0, True
        if mail is not None:
            await self._sink.store(self._delivery(uid, mail))

    def _skip(self, uid: int, reason: str) -> None:
        self._cursor.skipped[uid] = reason
        self._skipped_due = time.monotonic() + RETRY_SKIPPED

    def _delivery(self, uid: int, mail: Fetched) -> RawDelivery:
        return RawDelivery(
            external_id=delivery_key(mail.raw),
            body=mail.raw,
            headers={"by": "imap", "folder": self._folder, "uid": f"{self._cursor.uidvalidity}:{uid}"},
            received_at=mail.received_at,
        )

    @property
    def _state(self) -> str:
        return f"imap {self._folder}"

    async def _save(self, cursor: Cursor) -> None:
        await self._sink.save_state(self._state, msgspec.to_builtins(cursor, str_keys=True))

    async def _tell(self, error: Exception) -> None:
        server = self._settings.imap
        assert server is not None
        told = explain(error, f"{server.host}:{server.port}")
        _log.warning("%s, folder %s: %s", self._settings.address, self._folder, told.en)
        await self._sink.failing(told.en, told.ru)

    async def _alarm(self) -> None:
        n, reason = len(self._cursor.skipped), next(iter(self._cursor.skipped.values()))
        told = Told(
            f"The server does not give {n} of the mails in {self._folder} ({reason}). All others are taken in; these "
            "are asked for again every quarter of an hour.",
            f"Сервер не отдаёт писем в папке {self._folder}: {n} ({reason}). Остальные приняты; эти запрашиваются "
            "снова каждые четверть часа.",
        )
        await self._sink.failing(told.en, told.ru)
