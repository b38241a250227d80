"""The built front ends: assets by whitenoise, forever cacheable; every other path of a face is its index.html.

A wheel carries them in ``uzel/faces``; a checkout has them in ``web/dist`` once they are built.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from whitenoise import WhiteNoise

from uzel.api.auth import find_signed
from uzel.api.frame import ALWAYS, PAGES_POLICY

FACES = ("portal", "desk")
PACKAGE = Path(__file__).resolve().parents[1]
NOT_BUILT = "The pages are not built. Run `make web` in the checkout.\nСтраницы не собраны. Выполните `make web`.\n"


def faces_folder() -> Path:
    packed = PACKAGE / "faces"
    return packed if packed.is_dir() else PACKAGE.parent / "web" / "dist"


def with_assets(application: Callable[..., Any]) -> Callable[..., Any]:
    """Serve what stands in the folders of the faces before Django sees the request."""
    served = WhiteNoise(
        application,
        immutable_file_test=_is_hashed,
        add_headers_function=_add_headers,
        max_age=0,
        allow_all_origins=False,
    )
    for face in FACES:
        if (faces_folder() / face).is_dir():
            served.add_files(str(faces_folder() / face), prefix=f"{face}/")
    return served


def face(request: HttpRequest, face: str, path: str = "") -> HttpResponseBase:
    """The one page of a face; what it shows for ``path`` is decided in the browser."""
    page = faces_folder() / face / "index.html"
    if path.startswith("assets/") or not page.is_file():
        return HttpResponse(NOT_BUILT, status=404, content_type="text/plain; charset=utf-8")
    return FileResponse(page.open("rb"), content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


def front_door(request: HttpRequest) -> HttpResponse:
    """Agents go to their desk, everybody else to the portal."""
    signed = find_signed(request)
    target = "/desk/" if signed and signed.actor.agent_id is not None else "/portal/"
    return HttpResponseRedirect(target, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _is_hashed(path: str, url: str) -> bool:
    return "/assets/" in url


def _add_headers(headers: Headers, path: str, url: str) -> None:
    headers["Content-Security-Policy"] = PAGES_POLICY
    for name, value in ALWAYS.items():
        headers[name] = value
