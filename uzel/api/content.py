"""Files of entries, their HTML in a locked-up frame, what they quoted, their raw original."""

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import Router

from uzel.api.answers import answers, answers_bytes
from uzel.api.auth import Request
from uzel.api.files import LOCKED_UP, send_file
from uzel.store import content

router = Router(tags=["content"])

PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    "<style>body{font:14px/1.5 system-ui,sans-serif;margin:12px;overflow-wrap:anywhere;background:#fff;color:#111}"
    "img{max-width:100%%;height:auto}blockquote{margin:0 0 0 8px;padding-left:8px;border-left:3px solid #ccc}"
    "pre{white-space:pre-wrap}</style></head><body>%s</body></html>"
)
FRAME = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:%s; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SUFFIXES = {"message/rfc822": "eml", "application/json": "json"}


class Quoted(msgspec.Struct):
    text: str


@router.get("/attachments/{int:attachment_id}")
@answers_bytes("application/octet-stream", also={206: "A part.", 304: "Unchanged."})
def attachment(request: Request, attachment_id: int, inline: bool = False) -> HttpResponseBase:
    """The file. ``inline`` shows pictures and PDF in place; everything else is always a download."""
    return send_file(request, content.get_attachment(attachment_id, request.actor), inline=inline)


@router.get("/entries/{int:entry_id}/html")
@answers_bytes("text/html; charset=utf-8")
def html(request: Request, entry_id: int, images: bool = False) -> HttpResponse:
    """The message as it was laid out, for a sandboxed frame. Pictures that stand elsewhere only with ``images``."""
    safe = content.get_html(entry_id, request.actor, remote=images)
    response = HttpResponse(PAGE % safe.html, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = FRAME % (" https:" if images else "")
    response["X-Uzel-Blocked-Images"] = str(safe.blocked)
    response["Referrer-Policy"] = "no-referrer"
    return response


@router.get("/entries/{int:entry_id}/quoted")
@answers(Quoted)
def quoted(request: Request, entry_id: int) -> Quoted:
    """What hung below the text: earlier messages, signatures."""
    return Quoted(content.get_quoted(entry_id, request.actor))


@router.get("/entries/{int:entry_id}/original")
@answers_bytes("application/octet-stream")
def original(request: Request, entry_id: int) -> HttpResponse:
    """The delivery as it came (agents only)."""
    raw = content.get_original(entry_id, request.actor)
    name = f"entry-{entry_id}.{SUFFIXES.get(raw.content_type, 'bin')}"
    headers = {"Content-Disposition": str(content_disposition_header(True, name)), "Content-Security-Policy": LOCKED_UP}
    return HttpResponse(raw.body, content_type=raw.content_type, headers=headers)
