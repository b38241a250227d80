"""The head of a mail: folding, encoded words, 8-bit values, addresses, dates and message ids.

The standard library decodes headers right but slowly (its policy objects cost more than the rest of a parse), and
raises on some broken ones; here every function takes anything and gives the best reading.
"""

import binascii
import datetime as dt
import re
from email.utils import getaddresses, parsedate_to_datetime

from uzel.channelkit.events import Address
from uzel.channels.email.charset import to_text
from uzel.kernel.handles import EMAIL

MAX_HEAD = 1_000_000  # bytes; what is longer is no head that a person or program made in earnest
MAX_VALUE = 32_000  # characters of one header
MAX_ADDRESSES = 500

_LINE = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)(?:\?=|\?\Z|\Z)")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")
_SPACES = re.compile(r"\s+")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_SIMPLE = re.compile(r'\s*(?:"([^"\\<>]*)"|([^"\\<>@,;:()]*))\s*<([^<>\s@,;]{1,64}@[^<>\s@,;]{1,255})>\s*')
_BARE = re.compile(r"\s*([^<>\s@,;:()\"]{1,64}@[^<>\s@,;:()\"]{1,255})\s*")
_ANY_ADDRESS = re.compile(r"[^\s<>@,;:()\[\]\"']{1,64}@[^\s<>@,;:()\[\]\"']{1,255}")


class Headers:
    """The header lines of one part in their order; names are case-folded, values unfolded but not yet decoded."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> str:
        """The first value as it stands, or an empty string."""
        values = self._values.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def text(self, name: str) -> str:
        """The first value for people: encoded words decoded, spaces collapsed."""
        value = self.raw(name)
        return decode_words(value) if value else ""

    def names(self) -> list[str]:
        return list(self._values)


def split_head(data: bytes) -> tuple[list[bytes], int]:
    """Header lines (still folded) and where the body begins. A line that is no header ends the head."""
    lines: list[bytes] = []
    at, size = 0, min(len(data), MAX_HEAD)
    while at < size:
        match = _LINE.search(data, at)
        end, after = (match.start(), match.end()) if match else (len(data), len(data))
        line = data[at:end]
        if not line.strip():
            # A head that was wrapped by a broken gateway goes on behind a line of blanks; an empty line ends it.
            if not line or not lines:
                return lines, after
            at = after
            continue
        if not _belongs(line, lines):
            return lines, at
        lines.append(line)
        at = after
    return lines, at


def _belongs(line: bytes, before: list[bytes]) -> bool:
    if line[:1] in b" \t":
        return bool(before)
    if _NAME.match(line):
        return True
    return not before and line.startswith((b"From ", b">From "))


def read_headers(lines: list[bytes]) -> Headers:
    values: dict[str, list[str]] = {}
    last: list[str] = []
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            last.append(_line_text(line))
            continue
        _keep(values, name, last)
        match = _NAME.match(line)
        name = match.group(1).decode("ascii").lower() if match else ""
        last = [_line_text(line[match.end() :])] if match else []
    _keep(values, name, last)
    return Headers(values)


def _keep(values: dict[str, list[str]], name: str, folded: list[str]) -> None:
    if name:
        values.setdefault(name, []).append("".join(folded).strip()[:MAX_VALUE])


def _line_text(line: bytes) -> str:
    return line.decode("ascii") if line.isascii() else to_text(line)


def decode_words(value: str) -> str:
    """RFC 2047 decoded, tolerant of words inside quotes and of letters split between two words."""
    if "=?" in value:
        value = _decode(_BETWEEN_WORDS.sub(r"\1", value))
    return _SPACES.sub(" ", value.replace("\0", "")).strip()


def _decode(value: str) -> str:
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for match in _WORD.finditer(value):
        name = match.group(1).partition("*")[0].lower()  # RFC 2231: charset*language
        if match.start() != at or name != charset:
            out.append(to_text(pending, charset))
            pending = b""
            out.append(value[at : match.start()])
        pending += _word_bytes(match.group(2), match.group(3))
        charset, at = name, match.end()
    out.append(to_text(pending, charset))
    out.append(value[at:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return loose_base64(data)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def loose_base64(data: bytes) -> bytes:
    """Base64 with line ends, missing padding, cut-off ends and foreign signs tolerated."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        clean = _NOT_BASE64.sub(b"", data)
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def addresses(values: list[str]) -> tuple[Address, ...]:
    """The mailboxes named in address headers, with decoded names. Groups are flattened, junk is left out."""
    found: list[Address] = []
    for value in values:
        found.extend(_addresses(value))
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


def _addresses(value: str) -> list[Address]:
    match = _SIMPLE.fullmatch(value)
    if match:
        name = match.group(1) or match.group(2) or ""
        return [Address(EMAIL, match.group(3), decode_words(name).strip("\"' "))]
    match = _BARE.fullmatch(value)
    if match:
        return [Address(EMAIL, match.group(1))]
    found = [Address(EMAIL, bare_address(address), _name(name)) for name, address in _pairs(value) if "@" in address]
    return found or [Address(EMAIL, address) for address in _ANY_ADDRESS.findall(value[:MAX_VALUE])]


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value[:8000]])
    except (ValueError, IndexError, TypeError, RecursionError):  # the library's own parser on hostile input
        return []


def _name(name: str) -> str:
    return decode_words(name).strip("\"' ")


def bare_address(text: str) -> str:
    """``<mailto:Ivan@example.com>`` and the like down to the address, else what there is."""
    match = _ANY_ADDRESS.search(decode_words(text))
    return match.group().removeprefix("mailto:").rstrip(".") if match else ""


def message_ids(value: str) -> tuple[str, ...]:
    """Ids without their angle brackets, in the order written; repeats are dropped."""
    ids = _ID.findall(value)
    if not ids and value.strip():
        ids = [word.strip("<>,;") for word in value.split() if "@" in word]
    return tuple(dict.fromkeys(ids))


def sent_at(value: str) -> dt.datetime | None:
    """The moment in a Date header, aware; a date without a zone is read as UTC."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value[:200])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        moment.astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment
