"""Files on their way in, resumable: tus 1.0 (core, creation, termination, expiration). https://tus.io/protocols"""

import base64
import binascii
import functools
import threading
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import http_date
from ninja import Router

from uzel.api.answers import answer, answers
from uzel.api.auth import Request
from uzel.api.problems import problem_response, refusal
from uzel.api.rules import rules
from uzel.api.turns import out_of_turn
from uzel.kernel.errors import Invalid, TooMany, UzelError
from uzel.store import uploads
from uzel.store.models import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
OFFSET_STREAM = "application/offset+octet-stream"

SPOKEN = {"Tus-Resumable": {"type": "string", "enum": [VERSION]}}
BYTES = {"type": "integer", "minimum": 0}

router = Router(tags=["uploads"])
_writers = threading.BoundedSemaphore(32)  # slow lines must not take every thread


class Line:
    """What the caller sends, waited for out of turn."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def read(self, size: int, /) -> bytes:
        with out_of_turn():
            return self._request.read(size)


def tus(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Every answer names our version; a call that speaks another one is refused, as the protocol asks."""

    @functools.wraps(view)
    def spoken(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("Tus-Resumable") != VERSION:
            response = refusal(request, 412)
            response["Tus-Version"] = VERSION
        else:
            try:
                response = view(request, *args, **kwargs)
            except UzelError as error:
                response = problem_response(request, error)
        response["Tus-Resumable"] = VERSION
        return response

    return spoken


@router.api_operation(["OPTIONS"], "/uploads", auth=None)
@rules(guards_browsers=False)
@answers(None, status=204)
def capabilities(request: Request) -> HttpResponse:
    """What this server can do."""
    limits = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(settings.MAX_UPLOAD)}
    return answer(None, 204, limits | {"Tus-Resumable": VERSION})


@router.post("/uploads")
@rules(needs_key=False, reads_stream=True, headers=SPOKEN | {"Upload-Length": BYTES})
@answers(None, status=201)
@tus
def start(request: Request) -> HttpResponse:
    """Announce a file: Upload-Length, Upload-Metadata with filename and filetype. Its address is in Location."""
    named = _metadata(request.headers.get("Upload-Metadata", ""))
    upload = uploads.start_upload(
        request.actor.person_id,
        name=named.get("filename", ""),
        content_type=named.get("filetype", "").lower(),
        size=_number(request, "Upload-Length"),
    )
    upload.refresh_from_db(fields=["created_at"])
    return answer(None, 201, {"Location": f"/api/v1/uploads/{upload.id}", **_expiry(upload)})


@router.api_operation(["HEAD"], "/uploads/{uuid:upload_id}")
@rules(headers=SPOKEN)
@answers(None)
@tus
def look(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """How much has arrived."""
    upload = uploads.get_upload(upload_id, request.actor.person_id)
    standing = {"Upload-Offset": str(uploads.offset_of(upload)), "Upload-Length": str(upload.size)}
    return answer(None, 200, standing | {"Cache-Control": "no-store", **_expiry(upload)})


@router.patch("/uploads/{uuid:upload_id}")
@rules(needs_key=False, reads_stream=True, headers=SPOKEN | {"Upload-Offset": BYTES})
@answers(None, status=204)
@tus
def append(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """Send the next bytes from Upload-Offset on."""
    if request.content_type != OFFSET_STREAM:
        return refusal(request, 415)
    upload = uploads.get_upload(upload_id, request.actor.person_id)
    offset = _number(request, "Upload-Offset")
    if not _writers.acquire(blocking=False):
        raise TooMany("Many files are arriving. Repeat in a second.", "Идёт много загрузок. Повторите.", retry_after=1)
    try:
        offset = uploads.append(upload, offset, Line(request))
    finally:
        _writers.release()
    return answer(None, 204, {"Upload-Offset": str(offset), **_expiry(upload)})


@router.delete("/uploads/{uuid:upload_id}")
@rules(needs_key=False, reads_stream=True, headers=SPOKEN)
@answers(None, status=204)
@tus
def drop(request: Request, upload_id: uuid.UUID) -> HttpResponse:
    """Give it up."""
    uploads.drop_upload(uploads.get_upload(upload_id, request.actor.person_id))
    return answer(None, 204)


def _expiry(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": http_date(uploads.expires_at(upload).timestamp())}


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isdecimal() or not text.isascii() or len(text) > 15:
        raise Invalid(
            f"{header} must be a number of bytes.", f"{header} — число байт.", fields={header: "not a number"}
        )
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """``name <base64>,…`` → text by name. What can't be read counts as not said."""
    found = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
    return found
