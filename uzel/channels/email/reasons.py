"""Why a mail was not delivered, read from what the servers said; the words and names stand in reasons.toml."""

import re
import tomllib
from importlib.resources import files

import msgspec

_TABLES = tomllib.loads(files(__package__).joinpath("reasons.toml").read_text("utf-8"))


class Reason(msgspec.Struct, frozen=True):
    """``hard``: the address itself is dead. ``number`` makes the stand-in status ``5.0.9NN``; 0: there is none."""

    name: str
    en: str
    ru: str
    number: int
    hard: bool


REASONS = {
    row["name"]: Reason(row["name"], row["en"], row["ru"], row["number"], row["hard"]) for row in _TABLES["reason"]
}
_RULES = [(row["reason"], re.compile("|".join(row["patterns"]), re.I)) for row in _TABLES["rule"]]
SIGNS = {name: "|".join(patterns) for name, patterns in _TABLES["signs"].items()}
_STATUS: dict[str, str] = _TABLES["status"]
_SPACES = re.compile(r"\s+")
_ADDRESSES = re.compile(r"<?[^\s<>()\"']{1,64}@[^\s<>()\"',;:]{1,200}>?")
_LINKS = re.compile(r"(https?://[^\s/]+)\S*")  # the host may name a block list; the path names what not
MAX_WORDS = 1500  # characters of one server's words that are looked at
# Statuses that say more than the words beside them ever do.
_TELLING = {"2.2": "mailboxfull", "2.3": "exceedlimit", "7.25": "requireptr", "7.26": "authfailure", "1.6": "hasmoved"}


def find_reason(words: str, status: str = "", code: str = "", command: str = "") -> Reason:
    """The likeliest reason, from the server's words first, then from its status or reply code.

    ``command`` is what the server answered so: what it says of MAIL is about the sender, not the recipient.
    """
    detail = status.partition(".")[2]
    if status.startswith("2.") or (code.startswith("2") and not status):
        return REASONS["delivered"]
    if detail in _TELLING:
        return REASONS[_TELLING[detail]]
    name = _by_words(words) or _by_status(status) or ("expired" if code.startswith("4") else "onhold")
    if command == "MAIL" and name in ("userunknown", "hostunknown"):
        name = "rejected"
    elif name == "userunknown" and _after_taking(detail, code, command):
        name = "filtered"  # the address was taken first; only a filter looks at the content and then says «unknown»
    return REASONS[name]


def _after_taking(detail: str, code: str, command: str) -> bool:
    if command == "DATA":
        return detail != "1.1" and code != "554"
    return detail.startswith("2.") and command != "RCPT"


def _by_words(words: str) -> str:
    text = _SPACES.sub(" ", words[: MAX_WORDS * 4])
    if "google.com/" in text and "groups" in text:
        return "rejected"
    text = _SPACES.sub(" ", _ADDRESSES.sub(" ", _LINKS.sub(r"\1", text)))[:MAX_WORDS].strip()
    return next((name for name, pattern in _RULES if pattern.search(text)), "")


def _by_status(status: str) -> str:
    detail = status.partition(".")[2]
    if not detail or detail == "0.0":
        return ""
    if status.startswith("4.") and detail.startswith("4."):
        return "expired"
    return _STATUS.get(detail, "") or _STATUS.get(detail.partition(".")[0] + ".0", "")


def stand_in_status(reason: Reason, *, temporary: bool) -> str:
    """The status for a report that names none, so that reports can still be counted by reason."""
    return f"{4 if temporary else 5}.0.{reason.number}" if reason.number else ""
