"""From a request to who is calling: a cookie for browsers, a bearer token for programs; the guard against forgery."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Forbidden, Unauthenticated
from uzel.store.access import Signed, find_actor_by_session, find_actor_by_token, secret_hash, touch

COOKIE = "uzel_session"
CLIENT_HEADER = "X-Uzel-Client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_SECRET = 200


class Request(HttpRequest):
    """What a view gets (for type checkers): ``actor`` is who calls, set by the gate before any view runs."""

    signed: Signed
    actor: Actor


class SessionCookie(APIKeyCookie):
    """A signed-in browser."""

    param_name = COOKIE

    def __init__(self) -> None:
        super().__init__(csrf=False)  # the gate guards against forgery itself, see check_not_forged

    def authenticate(self, request: HttpRequest, key: str | None) -> Signed | None:
        return getattr(request, "signed", None)


class BearerToken(HttpBearer):
    """A program's token, ``Authorization: Bearer uzl_…``."""

    def authenticate(self, request: HttpRequest, token: str) -> Signed | None:
        return getattr(request, "signed", None)


SIGNED_IN = [SessionCookie(), BearerToken()]


def find_signed(request: HttpRequest) -> Signed | None:
    """Who calls, or None. One statement; the time of use is written once a minute at most.

    A bearer token wins over a cookie. A token that does not hold is never silently replaced by the cookie.
    """
    token = bearer(request)
    secret = token if token is not None else request.COOKIES.get(COOKIE)
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    find = find_actor_by_session if token is None else find_actor_by_token
    signed = find(secret_hash(secret))
    if signed is not None and signed.seen_long_ago:
        touch(signed)
    return signed


def bearer(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def check_not_forged(request: HttpRequest) -> None:
    """Raises Forbidden for an unsafe call that another site may have made a browser send.

    A foreign page can send neither our header (without asking first, which we never allow) nor our origin.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FORGED
    if not request.headers.get(CLIENT_HEADER):
        raise FORGED
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin, request):
        raise FORGED


def check_scope(request: HttpRequest, signed: Signed) -> None:
    """A token does what its scopes say; a browser does whatever its person may."""
    if signed.token_id is None:
        return
    needed = {"read", "write"} if request.method in SAFE_METHODS else {"write"}
    if not needed & signed.scopes:
        raise Forbidden(
            f"This token lacks the scope {'read' if len(needed) > 1 else 'write'}. Make one that has it.",
            f"У токена нет права {'read' if len(needed) > 1 else 'write'}. Создайте токен с этим правом.",
        )


def get_signed(request: HttpRequest) -> Signed:
    """The caller. Raises Unauthenticated."""
    signed = getattr(request, "signed", None)
    if signed is None:
        raise Unauthenticated("Sign in first.", "Сначала войдите.")
    return signed


def client_ip(request: HttpRequest) -> str:
    """The caller's address: the last one named by a proxy that we trust, else the peer itself."""
    peer = request.META.get("REMOTE_ADDR", "")
    named = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return named if named and peer in settings.TRUSTED_PROXIES else peer


def is_https(request: HttpRequest) -> bool:
    return request.is_secure() or settings.PUBLIC_URL.startswith("https://")


def _is_ours(origin: str, request: HttpRequest) -> bool:
    if settings.PUBLIC_URL and origin == _origin(settings.PUBLIC_URL):
        return True
    try:
        host = request.get_host()
    except DisallowedHost as error:
        raise UNKNOWN_HOST from error
    return urlsplit(origin).netloc == host and urlsplit(origin).scheme in ("http", "https")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


FORGED: Any = Forbidden(
    f"The call did not come from Uzel's own pages. Programs use a bearer token; pages send {CLIENT_HEADER}.",
    f"Запрос пришёл не со страниц Узла. Программам нужен токен, страницы передают заголовок {CLIENT_HEADER}.",
)
UNKNOWN_HOST: Any = Forbidden(
    "Uzel does not know itself by this address. Open its public address, or let the administrator add the host name to "
    "UZEL_PUBLIC_URL or UZEL_ALLOWED_HOSTS.",
    "Узел не знает себя под этим адресом. Откройте его основной адрес, или пусть администратор добавит имя в "
    "UZEL_PUBLIC_URL или UZEL_ALLOWED_HOSTS.",
)
