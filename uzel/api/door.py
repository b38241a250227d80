"""The short way of a webhook: genuine and new or known, it is stored and answered before Django sees the request.

Providers judge us by how fast we answer, and a flood of them must leave the processor to people. Whatever is not plain
(a bearer token, a large body, a channel that is not there, a forged signature, a database that is away) goes the long
way through ``api.hooks``, which says what is wrong.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import close_old_connections, connection

from uzel.api.turns import in_own_turn
from uzel.channelkit.contract import Hook
from uzel.store.hooks import take_hook

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_ADDRESS = re.compile(r"/api/v1/hooks/(\d{1,18})(?:/([^/]{1,300}))?")
_LARGEST = 1024 * 1024  # bytes
_HEADERS = [
    ("Content-Type", "application/json"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "private, no-store"),
]


def with_hook_door(application: Application) -> Application:
    """``application`` behind the door."""

    def served(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        address = _ADDRESS.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        size = environ.get("CONTENT_LENGTH") or ""
        if address is None or "HTTP_AUTHORIZATION" in environ or not size.isdecimal() or int(size) > _LARGEST:
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(size))
        environ["wsgi.input"] = io.BytesIO(body)
        answer = _take(int(address[1]), address[2] or "", body, environ)
        if answer is None:
            return application(environ, start_response)
        start_response("200 OK", [*_HEADERS, ("Content-Length", str(len(answer)))])
        return [answer]

    return served


def _take(channel_id: int, token: str, body: bytes, environ: dict[str, Any]) -> bytes | None:
    """The answer, or None when the long way must say what is wrong; storing twice does no harm."""
    hook = Hook(headers=_headers(environ), body=body, query=environ.get("QUERY_STRING", ""), token=token)
    with in_own_turn():
        try:
            return b'{"new":true}' if take_hook(channel_id, hook, may_bring_anything=False) else b'{"new":false}'
        except Exception:  # any: the long way meets it again, tells the caller and the log
            close_old_connections()
            return None
        finally:
            connection.close()  # back to the pool


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    named = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    return named | {"content-type": environ.get("CONTENT_TYPE", ""), "content-length": environ["CONTENT_LENGTH"]}
