"""Somebody at a browser: speaks the API by HTTP, as the pages do, and keeps a page open."""

import json
import threading
import urllib.error
import urllib.request
import uuid
from http.cookiejar import CookieJar
from typing import Any

from uzel.roles.drill.report import NotAsExpected

TIMEOUT = 20.0  # seconds


class Visitor:
    """One browser with its cookie."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._heard: list[str] = []

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._call("POST", path, body or {})

    def status_of(self, path: str) -> int:
        """The status of a GET, whatever it is."""
        try:
            with self._opener.open(self._request("GET", path, None), timeout=TIMEOUT) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Raises NotAsExpected with what the server said when it refuses."""
        try:
            with self._opener.open(self._request(method, path, body), timeout=TIMEOUT) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            with refusal:
                said = refusal.read().decode(errors="replace")[:600]
            raise NotAsExpected(f"{method} {path}: 2xx", f"{method} {path}: 2xx", f"{refusal.code} {said}") from refusal
        except OSError as error:
            raise NotAsExpected(f"{method} {path}: 2xx", f"{method} {path}: 2xx", error) from error

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> urllib.request.Request:
        headers = {"X-Uzel-Client": "web", "Accept-Language": "en"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return urllib.request.Request(f"{self._url}/api/v1{path}", data=data, method=method, headers=headers)  # noqa: S310 - our own loopback address

    # -- an open page -------------------------------------------------------------------------------------------------

    def keep_page_open(self) -> None:
        """Listen to the live stream from now on. Raises NotAsExpected when it does not begin."""
        begun = threading.Event()
        threading.Thread(target=self._listen, args=(begun,), daemon=True).start()
        if not begun.wait(TIMEOUT):
            raise NotAsExpected("the live stream begins", "живой поток открывается", "—")

    def heard(self, number: str) -> bool:
        """Whether the open page was told of this ticket."""
        return any(f'"{number}"' in line for line in self._heard)

    def _listen(self, begun: threading.Event) -> None:
        try:
            with self._opener.open(self._request("GET", "/live", None), timeout=60) as stream:
                for line in stream:
                    begun.set()
                    self._heard.append(line.decode())
        except OSError:
            return  # Uzel is stopping; a stream that breaks early is told by what was not heard
