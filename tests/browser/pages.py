"""What people see and touch, by the names that the pages give it."""

from playwright.sync_api import Locator, expect

from tests.browser.watched import Window

KEYS = {
    "j": ("KeyJ", "о", 74),
    "k": ("KeyK", "л", 75),
    "t": ("KeyT", "е", 84),
    "r": ("KeyR", "к", 82),
    "n": ("KeyN", "т", 78),
}


class Face:
    """Common to desk and portal."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.page = window.page

    def at(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def row(self, subject: str) -> Locator:
        return self.at("ticket-row").filter(has_text=subject)

    def entry(self, text: str) -> Locator:
        return self.at("timeline-entry").filter(has_text=text)

    def toast(self) -> Locator:
        return self.at("toast").last

    def write(self, text: str) -> None:
        self.at("composer-text").fill(text)

    def send(self, text: str) -> None:
        """Write and send; on screen when done."""
        self.write(text)
        self.at("composer-send").click()
        expect(self.entry(text)).to_be_visible()


class Desk(Face):
    def list(self, view: str = "open") -> "Desk":
        self.window.go(f"/desk/{view}")
        expect(self.at("new-ticket")).to_be_visible()
        return self

    def ticket(self, number: str, view: str = "all") -> "Desk":
        self.window.go(f"/desk/{view}/{number}")
        expect(self.at("ticket-subject")).to_be_visible()
        return self

    def subject(self) -> Locator:
        return self.at("ticket-subject")

    def status(self) -> Locator:
        return self.at("status-select")

    def set_status(self, value: str) -> None:
        self.status().click()
        self.page.locator(f'[role=menuitemradio][data-value="{value}"]').click()

    def press_russian(self, latin: str) -> None:
        """The key of ``latin`` as a Russian keyboard sends it: the same place, another letter."""
        code, letter, number = KEYS[latin]
        keyboard = self.window.context.new_cdp_session(self.page)
        key = {"code": code, "key": letter, "windowsVirtualKeyCode": number}
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": letter} | key)
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp"} | key)


class Portal(Face):
    def home(self) -> "Portal":
        self.window.go("/portal/")
        expect(self.at("portal-new")).to_be_visible()
        return self

    def ticket(self, number: str) -> "Portal":
        self.window.go(f"/portal/t/{number}")
        expect(self.at("ticket-subject")).to_be_visible()
        return self
