"""Raw bytes to a tree of MIME parts, however broken they are.

Unlike the standard library's parser this one is bounded: depth and number of parts are capped and every byte is
looked at a fixed number of times per level, so that a hostile mail costs no more than an honest one of its size.
"""

import binascii
import re
from email.message import Message
from email.utils import collapse_rfc2231_value, decode_params

import msgspec

from uzel.channels.email.charset import to_text
from uzel.channels.email.headers import Headers, decode_words, loose_base64, read_headers, split_head

MAX_DEPTH = 30
MAX_PARTS = 1000

_PARAM = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;]*))', re.S)
_UNQUOTE = re.compile(r"\\(.)")
_MIME_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_FIRST_BOUNDARY = re.compile(rb"(?:\A|[\r\n])--([^\s][^\r\n]{0,200}?)[ \t]*(?:\r\n|\n|\r)(?=content-|\r?\n)", re.I)


class Part(msgspec.Struct):
    """One node of the tree. ``body`` is still transfer-encoded; ``children`` are set for multipart and message/*."""

    headers: Headers
    body: bytes
    content_type: str
    params: dict[str, str]
    disposition: str
    disposition_params: dict[str, str]
    children: list["Part"]

    @property
    def charset(self) -> str:
        return self.params.get("charset", "")

    def data(self) -> bytes:
        """The content with its transfer encoding undone, as far as it goes."""
        return decode_transfer(self.body, self.headers.raw("content-transfer-encoding"))

    def text(self) -> str:
        text = to_text(self.data(), self.charset)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.replace("\0", "")

    def walk(self) -> list["Part"]:
        """This part and all below it, in reading order; what is inside an attached mail included."""
        found, todo = [], [self]
        while todo:
            part = todo.pop()
            found.append(part)
            todo.extend(reversed(part.children))
        return found


class _Reading(msgspec.Struct):
    warnings: list[str] = []
    parts: int = 0


def read_source(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """The tree, and what was wrong with it in words for the administrator."""
    reading = _Reading(warnings=[])
    if not raw.strip():
        reading.warnings.append("The mail is empty (0 bytes of content)")
    root = _read_part(raw, reading, depth=0, default="text/plain")
    if not root.headers and raw.strip():
        reading.warnings.append("No headers: the whole file is taken as the text")
    return root, tuple(dict.fromkeys(reading.warnings))


def _read_part(data: bytes, reading: _Reading, *, depth: int, default: str) -> Part:
    reading.parts += 1
    lines, start = split_head(data)
    headers = read_headers(lines)
    content_type, params = parameters(headers.raw("content-type"))
    if not _MIME_TYPE.fullmatch(content_type):
        content_type = default
    disposition, disposition_params = parameters(headers.raw("content-disposition"))
    part = Part(headers, data[start:], content_type, params, disposition, disposition_params, [])
    if content_type.startswith("multipart/") or content_type in ("message/rfc822", "message/global"):
        _read_children(part, reading, depth)
    return part


def _read_children(part: Part, reading: _Reading, depth: int) -> None:
    if depth >= MAX_DEPTH or reading.parts >= MAX_PARTS:
        reading.warnings.append("Too many nested parts: the rest is kept as it is")
        part.content_type = "application/octet-stream"
        return
    if part.content_type.startswith("message/"):
        part.children = [_read_part(part.data(), reading, depth=depth + 1, default="text/plain")]
        return
    pieces = _pieces(part, reading)
    if not pieces:
        part.content_type = "text/plain"
        return
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for piece in pieces:
        if reading.parts >= MAX_PARTS:
            reading.warnings.append("Too many nested parts: the rest is kept as it is")
            return
        part.children.append(_read_part(piece, reading, depth=depth + 1, default=default))


def _pieces(part: Part, reading: _Reading) -> list[bytes]:
    boundary = part.params.get("boundary", "").encode("utf-8", "replace").rstrip()
    body = part.body
    if not boundary or b"--" + boundary not in body:
        match = _FIRST_BOUNDARY.search(body[:100_000])
        if not match:
            reading.warnings.append("A multipart mail without its parts: taken as text")
            return []
        reading.warnings.append("The boundary between the parts is not the declared one")
        boundary = match.group(1)
    return split_at(body, boundary, reading)


def split_at(body: bytes, boundary: bytes, reading: _Reading) -> list[bytes]:
    delimiter = re.compile(rb"(?:\A|\r\n|\n|\r)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r|\n|\Z)")
    pieces: list[bytes] = []
    start = -1
    for match in delimiter.finditer(body):
        if start >= 0:
            pieces.append(_without_first_line_end(body[start : match.start()]))
        start = match.end()
        if match.group(1):
            break
    else:
        if start >= 0:
            reading.warnings.append("The last part is cut off: its closing boundary is missing")
            pieces.append(_without_first_line_end(body[start:]))
    return pieces


def _without_first_line_end(piece: bytes) -> bytes:
    if piece.startswith(b"\r\n"):
        return piece[2:]
    return piece[1:] if piece[:1] in (b"\n", b"\r") else piece


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """``text/plain; charset="koi8-r"`` → the lower-cased value and its parameters; RFC 2231 and RFC 2047 undone."""
    main, semicolon, rest = value.partition(";")
    main = main.strip().strip('"').lower()
    if not semicolon:
        return main, {}
    pairs = []
    for name, quoted, plain in _PARAM.findall(";" + rest):
        text = _UNQUOTE.sub(r"\1", quoted) if quoted else plain.strip().strip("\"'")
        pairs.append((name.lower(), text))
    if any("*" in name for name, _ in pairs):
        pairs = _rfc2231(pairs)
    return main, {name: decode_words(text) if "=?" in text else text for name, text in reversed(pairs)}


def _rfc2231(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    try:
        decoded = decode_params([("", ""), *pairs])[1:]
        return [(name, collapse_rfc2231_value(_readable(text)).strip('"')) for name, text in decoded]
    except (ValueError, TypeError, IndexError, LookupError):
        return [(name.partition("*")[0], text) for name, text in pairs]


def _readable(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, tuple):
        return to_text(value[2].encode("raw-unicode-escape", "replace"), value[0] or "")
    return value


def decode_transfer(body: bytes, encoding: str) -> bytes:
    name = encoding.strip().strip("\"'").lower()
    if name == "base64":
        return loose_base64(body)
    if name == "quoted-printable":
        return binascii.a2b_qp(body)
    if name in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uudecoded(body)
    return body


def _uudecoded(body: bytes) -> bytes:
    message = Message()
    message["Content-Transfer-Encoding"] = "x-uuencode"
    message.set_payload(body.decode("latin-1"))
    data = message.get_payload(decode=True)
    return data if isinstance(data, bytes) else body


_KNOWN = {"received", "return-path", "message-id", "mime-version", "content-type", "delivered-to", "dkim-signature"}
_USUAL = {"from", "to", "subject", "date"}
_RFC_DATE = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}")


def looks_like_mail(raw: bytes) -> bool:
    """A whole mail, not only a body saved to a file: bodies may begin with quoted lines that look like headers."""
    lines, start = split_head(raw)
    headers = read_headers(lines)
    names = set(headers.names())
    if names & _KNOWN or any(name.startswith("x-") for name in names):
        return True
    ended = start >= len(raw) or not raw[start - 1 : start].strip()
    blank = raw[max(0, start - 4) : start].replace(b"\r\n", b"\n").endswith(b"\n\n")
    if not names & _USUAL or not ended or "sent" in names or not (blank or start >= len(raw)):
        return False
    date = headers.raw("date")
    return not date or bool(_RFC_DATE.match(date))
