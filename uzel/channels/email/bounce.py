"""Reports about mail of ours: delivery status notifications (RFC 3464) and the many bounces in free form.

One report may speak of several recipients. A person who forwards a bounce asks for help and is no bounce.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from uzel.channels.email.complaint import find_complaint, find_notification
from uzel.channels.email.failure import ADDRESS, MAX_TEXT, Bounce, Failure, first_status, read_failure, read_section
from uzel.channels.email.fields import field_groups
from uzel.channels.email.headers import message_ids
from uzel.channels.email.reasons import SIGNS
from uzel.channels.email.source import Part
from uzel.channels.email.words import is_forward_subject

__all__ = ["Bounce", "Failure", "find_bounce"]

MAX_FAILURES = 100
MAX_IDS = 50

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "text/rfc822")
_DAEMON = re.compile(SIGNS["daemon"], re.I)
_SUBJECT = re.compile(SIGNS["subject"], re.I)
_BODY = re.compile(SIGNS["body"], re.I)
_CUT = re.compile(rf"^[ >]{{0,8}}(?:{SIGNS['returned']})", re.I | re.M)
_ID_LINE = re.compile(r"^[>\s]{0,8}(?:original-)?message-id\s?:\s{0,3}(<[^<>\s]{1,998}>)", re.I | re.M)


def find_bounce(root: Part, sender: str, subject: str) -> Bounce | None:
    """The report that this mail is, or None when it is none. ``sender`` is the From header as people see it."""
    parts = root.walk()
    returned = next((part for part in parts[1:] if part.content_type in _RETURNED), None)
    original = returned.children[0] if returned is not None and returned.children else None
    found = find_complaint(parts, original, sender, subject) or _report(root, parts, sender, subject)
    if found is None:
        return None
    ids = dict.fromkeys((*found.original_ids, *_original_ids(parts)))
    return msgspec.structs.replace(found, original_ids=tuple(ids)[:MAX_IDS], failures=found.failures[:MAX_FAILURES])


def _report(root: Part, parts: list[Part], sender: str, subject: str) -> Bounce | None:
    own = _own(root)
    status_parts = [part for part in own if part.content_type in _STATUS_TYPES]
    notifies = "amazonaws" in sender or "x-amz-sns-message-id" in root.headers
    if not status_parts and not notifies and not _suspicious(root, parts, sender, subject):
        return None
    text = _report_text(own)
    failures = [failure for part in status_parts[:20] for failure in _of_status(part.text()[:MAX_TEXT], text)]
    if failures:
        return Bounce(tuple(failures))
    if notifies:
        return find_notification(text)
    if not status_parts and not _looks_like_bounce(root, parts, sender, subject, text):
        return None
    return Bounce(tuple(_of_text(text, root, subject)))


def _own(root: Part) -> list[Part]:
    """Parts of the report itself, without the returned mail; a report that a gateway wrapped once more is opened."""
    found: list[Part] = []
    todo = [(root, 0)]
    while todo:
        part, inside = todo.pop()
        found.append(part)
        inside += part.content_type in _RETURNED
        if inside < 1 or (inside == 1 and part.content_type not in _RETURNED):
            todo.extend((child, inside) for child in reversed(part.children))
    return found


def _report_text(own: list[Part]) -> str:
    """What the report itself says, without the returned mail."""
    plain = [part for part in own if not part.children and part.content_type in ("text/plain", "text/html")]
    text = "\n".join(part.text()[:MAX_TEXT] for part in plain[:6])
    cut = _CUT.search(text)
    return text[: cut.start()] if cut and text[: cut.start()].strip() else text


def _original_ids(parts: list[Part]) -> Iterator[str]:
    """Message ids of the returned mail, wherever it stands; then those that the report says it answers."""
    own = set(message_ids(parts[0].headers.raw("message-id")))
    for part in parts:
        if part is not parts[0]:
            yield from (one for one in message_ids(part.headers.raw("message-id")) if one not in own)
        if not part.children and part.content_type.startswith(("text/", "message/")):
            found = _ID_LINE.findall(part.text()[: MAX_TEXT * 5])
            yield from (one.strip("<>") for one in found if one.strip("<>") not in own)
    yield from message_ids(parts[0].headers.raw("in-reply-to"))
    yield from message_ids(parts[0].headers.raw("references"))


def _of_status(text: str, report: str) -> Iterator[Failure]:
    for group in field_groups(text):
        action = group.get("action", "failed").lower()
        if not {"final-recipient", "original-recipient", "action"} & group.keys():
            continue
        if action.startswith(("relayed", "expanded")):
            continue
        words, status = _words(group.get("diagnostic-code", "")), first_status(group.get("status", ""))
        yield read_failure(_recipient(group), status, words, report, delayed=action.startswith("delayed"))


def _recipient(group: dict[str, str]) -> str:
    for name in ("final-recipient", "x-actual-recipient", "original-recipient"):
        value = group.get(name, "")
        match = ADDRESS.search(value.partition(";")[2] or value)
        if match:
            return match.group()
    return group.get("final-recipient", "").partition(";")[2].strip()[:200]


def _words(diagnostic: str) -> str:
    """Without the type before the semicolon, except that of local programs, which says something."""
    kind, semicolon, rest = diagnostic.partition(";")
    return rest.strip() if semicolon and len(kind) < 40 and "x-unix" not in kind.lower() else diagnostic.strip()


def _from_daemon(sender: str) -> bool:
    return bool(_DAEMON.search(sender)) or sender.strip() in ("", "<>")


def _null_path(root: Part) -> bool:
    path = root.headers.raw("return-path").strip()
    return path in ("<>", "<MAILER-DAEMON>") or "x-failed-recipients" in root.headers


def _has_returned(parts: list[Part]) -> bool:
    return any(part.content_type in _RETURNED for part in parts[1:])


def _suspicious(root: Part, parts: list[Part], sender: str, subject: str) -> bool:
    """Cheap: whether the text is worth a look."""
    if root.content_type == "multipart/report" and "disposition" not in root.params.get("report-type", ""):
        return True
    return _from_daemon(sender) or _null_path(root) or (_has_returned(parts) and bool(_SUBJECT.search(subject)))


def _looks_like_bounce(root: Part, parts: list[Part], sender: str, subject: str, text: str) -> bool:
    daemon, null_path, named = _from_daemon(sender), _null_path(root), bool(_SUBJECT.search(subject))
    if root.content_type == "multipart/report" and "delivery-status" in root.params.get("report-type", ""):
        return True
    if not daemon and (is_forward_subject(subject) or (not named and "auto-submitted" in root.headers)):
        return False
    failed = bool(_BODY.search(text[:MAX_TEXT]))
    if daemon or null_path:
        return named or (failed and (daemon or _has_returned(parts)))
    return named and _has_returned(parts)


# A line that begins with the address it is about.
_ABOUT = re.compile(
    r"[\s*>|-]{0,12}(?:to:|rcpt to:|recipient:|user:|delivery failed:)?\s?"
    r"[\"'(]?<?([^\s<>\"'():;@]{1,64}@[^\s<>\"'():;@]{1,255})>?",
    re.I,
)
_DELAYED = re.compile(r"delayed|warning|will (?:be )?retr|not yet been", re.I)
_FINAL = re.compile(r"permanent|giving up|given up|fatal error", re.I)


def _of_text(text: str, root: Part, subject: str) -> Iterator[Failure]:
    """One failure for each recipient that begins a line; else one for the whole report."""
    names = ("to", "from", "delivered-to")
    ours = {one.lower() for name in names for value in root.headers.all(name) for one in ADDRESS.findall(value)}
    sections = _sections(text, ours) or [(_named(text, root, ours), text)]
    delayed = bool(_DELAYED.search(f"{subject} {text[:600]}")) and not _FINAL.search(text)
    for recipient, section in sections:
        whole = len(sections) == 1 and not any(map(str.isdigit, section))
        yield read_section(recipient, text if whole else section, text, subject, delayed=delayed)


def _sections(text: str, ours: set[str]) -> list[tuple[str, str]]:
    """The lines about each recipient, from the line that begins with the address to the next such line."""
    merged: dict[str, list[str]] = {}
    address = ""
    for line in text.split("\n"):
        match = _ABOUT.match(line[:400])
        found = match.group(1).rstrip(".,") if match else ""
        if found and found.lower() not in ours and ADDRESS.fullmatch(found) and len(merged) < MAX_FAILURES:
            address = found
        if address:
            merged.setdefault(address, []).append(line)
    return [(one, "\n".join(lines)) for one, lines in merged.items()]


def _named(text: str, root: Part, ours: set[str]) -> str:
    """The recipient that stands anywhere in the report, or the one that the returned mail went to."""
    candidates: Iterable[str] = (
        *ADDRESS.findall(root.headers.raw("x-failed-recipients")),
        *(one for one in ADDRESS.findall(text) if one.lower() not in ours),
        *(one for part in root.walk()[1:] for one in ADDRESS.findall(part.headers.raw("to"))),
    )
    return next(iter(candidates), "")
