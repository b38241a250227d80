"""OAuth2 for mail: a refresh token becomes access tokens, kept until shortly before they end."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from uzel.channels.email.settings import CONNECT_TIMEOUT, EmailSettings, OAuth
from uzel.channels.email.trouble import LoginRefused, NotOffered

_EARLY = 120.0  # seconds before its end that a token counts as ended
_LARGEST_ANSWER = 100_000
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_tokens: dict[OAuth, tuple[str, float]] = {}
_lock = threading.Lock()


def access_token(settings: EmailSettings) -> str:
    """A token that works now. Raises LoginRefused with the provider's words, OSError if it can't be reached."""
    oauth = settings.oauth
    if oauth is None:
        raise LoginRefused("OAuth2 is not set up")
    with _lock:
        token, ends = _tokens.get(oauth, ("", 0.0))
        if time.monotonic() >= ends:
            token, ends = _fetch(oauth, settings)
            _tokens[oauth] = token, ends
        return token


def forget_token(settings: EmailSettings) -> None:
    """After a server refused it: the next one is asked for anew."""
    with _lock:
        if settings.oauth is not None:
            _tokens.pop(settings.oauth, None)


def xoauth2(user: str, token: str) -> str:
    """The SASL XOAUTH2 answer, not yet base64."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _fetch(oauth: OAuth, settings: EmailSettings) -> tuple[str, float]:
    url = urllib.parse.urlsplit(oauth.token_url)
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        raise NotOffered("OAuth2 without https")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": oauth.refresh_token,
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret,
        "scope": oauth.scope,
    }
    body = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    request = urllib.request.Request(oauth.token_url, data=body)  # noqa: S310 - the scheme was checked above
    context = settings.tls() if url.scheme == "https" else None
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT, context=context) as answer:  # noqa: S310
            given = json.loads(answer.read(_LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise LoginRefused(error.read(300).decode("utf-8", "replace")) from error
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else OSError(str(error.reason)) from error
    except ValueError as error:
        raise LoginRefused("the token address gave no JSON") from error
    if not isinstance(given, dict) or not given.get("access_token"):
        raise LoginRefused("the token address gave no access token")
    return str(given["access_token"]), time.monotonic() + float(given.get("expires_in") or 3600) - _EARLY
