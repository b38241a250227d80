"""Sending a stored file: in pieces, from any offset, under a name that can't break out of its header."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from uzel.store.content import RASTER, StoredFile
from uzel.store.uploads import safe_name

PDF = "application/pdf"
BYTES = "application/octet-stream"
_PIECE = 1 << 16
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")

LOCKED_UP = "sandbox; default-src 'none'; frame-ancestors 'self'"
READER = (
    "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"  # browsers' PDF readers
)


def send_file(request: HttpRequest, file: StoredFile, *, inline: bool) -> HttpResponseBase:
    """Only pictures and PDF are ever shown in place, whatever the sender called them; nothing here runs scripts."""
    kind = file.content_type.lower()
    shown = inline and (kind in RASTER or kind == PDF)
    tag = f'"{file.digest}"'
    headers = {
        "Content-Type": kind if kind in RASTER or kind == PDF else BYTES,
        "Content-Disposition": str(content_disposition_header(not shown, safe_name(file.name))),
        "Content-Security-Policy": READER if shown and kind == PDF else LOCKED_UP,
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": tag,
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers=headers)
    wanted = request.headers.get("Range") if request.headers.get("If-Range", tag) == tag else None
    return _piece(file, wanted, headers)


def _piece(file: StoredFile, wanted: str | None, headers: dict[str, str]) -> HttpResponseBase:
    match = _RANGE.fullmatch(wanted.replace(" ", "")) if wanted else None
    if match is None or not any(match.groups()):  # several ranges at once are optional: the whole is a fair answer
        headers["Content-Length"] = str(file.size)
        return StreamingHttpResponse(_read(file.path, 0, file.size), headers=headers)
    start, end = _bounds(match[1], match[2], file.size)
    if start >= end:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    headers |= {"Content-Range": f"bytes {start}-{end - 1}/{file.size}", "Content-Length": str(end - start)}
    return StreamingHttpResponse(_read(file.path, start, end), status=206, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The half-open range that ``bytes=first-last`` names."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_PIECE, end - start))):
            start += len(piece)
            yield piece
