"""A browser window that remembers everything that should not have happened in it."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

SHOTS = Path(__file__).parents[2] / "shots"
RESOURCE = re.compile(r"Failed to load resource")  # the browser's own echo of an answer, which ``_answered`` judges
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


class Window:
    """One person's browser. ``wrongs`` is empty when nothing failed, popped up or left this machine."""

    def __init__(
        self, browser: Browser, url: str, *, size: str = "wide", theme: str = "light", locale: str = "ru"
    ) -> None:
        self.url = url
        self.wrongs: list[str] = []
        self.allowed: set[int] = set()  # statuses of 400 and above that this test is about
        self.line_breaks = False  # this test cuts the network
        language = {"name": "uzel.locale", "value": locale}
        self.context: BrowserContext = browser.new_context(
            viewport=SIZES[size],
            color_scheme="dark" if theme == "dark" else "light",
            locale="ru-RU" if locale == "ru" else "en-GB",
            timezone_id="Europe/Moscow",
            reduced_motion="reduce",
            has_touch=size == "phone",
            is_mobile=size == "phone",
            storage_state={"cookies": [], "origins": [{"origin": url, "localStorage": [language]}]},
        )
        self.context.set_default_timeout(15_000)
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.context.on("console", self._said)
        self.context.on("dialog", self._popped_up)
        self.context.on("weberror", lambda error: self.wrongs.append(f"page error: {error.error}"))
        self.page: Page = self.context.new_page()

    def enter_as(self, secret: str) -> None:
        """Signed in already."""
        self.context.add_cookies([{"name": "uzel_session", "value": secret, "url": self.url}])

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def shoot(self, name: str) -> None:
        """A picture for whoever wants to look: UZEL_SHOTS=1."""
        if os.environ.get("UZEL_SHOTS"):
            SHOTS.mkdir(exist_ok=True)
            self.settle()
            self.page.screenshot(path=SHOTS / f"{name}.png")

    def settle(self) -> None:
        """Until everything that moves has arrived and is drawn."""
        self.page.evaluate("""async () => {
            const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
            await Promise.allSettled(ending.map((one) => one.finished))
            await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
        }""")

    def use_theme(self, theme: str) -> None:
        self.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        self.settle()

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.wrongs.append(f"asked another machine: {request.url}")

    def _answered(self, response: Response) -> None:
        asks_who_it_is = response.status == 401 and response.url.endswith("/api/v1/me")
        if response.status >= 400 and not asks_who_it_is and response.status not in self.allowed:
            self.wrongs.append(f"{response.status} {response.request.method} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error" and "[Vue warn]" not in message.text:
            return
        if RESOURCE.search(message.text) and (self.line_breaks or "status of" in message.text):
            return
        self.wrongs.append(f"console: {message.text}")

    def _popped_up(self, dialog: Dialog) -> None:
        self.wrongs.append(f"dialog: {dialog.message}")
        dialog.dismiss()
