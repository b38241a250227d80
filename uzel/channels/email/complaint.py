"""Complaints about mail of ours (ARF, RFC 5965, and its older forms), and the reports of Amazon SES in JSON."""

import json
import re

from uzel.channels.email.failure import ADDRESS, MAX_TEXT, Bounce, Failure, read_failure
from uzel.channels.email.fields import field_groups
from uzel.channels.email.reasons import REASONS
from uzel.channels.email.source import Part

_SUBJECT = re.compile(
    r"complaint about message from|abuse report|spamtrap ?hit|dmarc (?:forensic|failure) report", re.I
)
_UNSUBSCRIBE = "sent this email to unsubscribe"  # Apple Mail writes so in the recipient's name


def find_complaint(parts: list[Part], returned: Part | None, sender: str, subject: str) -> Bounce | None:
    """``parts`` are all parts of the mail, ``returned`` the mail that it is about."""
    report = next((part for part in parts if part.content_type == "message/feedback-report"), None)
    if report is not None:
        fields = {name: text for group in field_groups(report.text()[:MAX_TEXT]) for name, text in group.items()}
    elif (returned is not None and _SUBJECT.search(subject)) or _unsubscribes(parts, sender):
        fields = {}
    else:
        return None
    named = fields.get("original-rcpt-to", "") or fields.get("removal-recipient", "")
    recipient = ADDRESS.search(named) or (ADDRESS.search(returned.headers.raw("to")) if returned else None)
    kind = fields.get("feedback-type", "abuse")
    failure = Failure(recipient.group() if recipient else "", "", "", REASONS["feedback"], kind)
    return Bounce((failure,), complaint=True)


def _unsubscribes(parts: list[Part], sender: str) -> bool:
    if len(parts) > 1 or not re.search(r"icloud|apple|me\.com|mac\.com", sender):
        return False
    return _UNSUBSCRIBE in parts[0].text()[:2000].lower()


def find_notification(text: str, depth: int = 0) -> Bounce | None:
    """What Amazon SES says about deliveries, in a mail of Amazon SNS; SNS may wrap it once more."""
    data = _json(text)
    wrapped = data.get("Message")
    if isinstance(wrapped, str) and depth < 2:
        return find_notification(wrapped, depth + 1)
    ids = tuple(filter(None, [_text(data, "mail", "messageId")]))
    complained = _list(data, "complaint", "complainedRecipients")
    if complained:
        failure = Failure(_text(complained[0], "emailAddress"), "", "", REASONS["feedback"])
        return Bounce((failure,), ids, complaint=True)
    found = [
        read_failure(_text(one, "emailAddress"), _text(one, "status"), _text(one, "diagnosticCode"), "")
        for one in _list(data, "bounce", "bouncedRecipients")
    ]
    answer = _text(data, "delivery", "smtpResponse")
    found.extend(read_failure(str(one), "", answer, "") for one in _list(data, "delivery", "recipients"))
    return Bounce(tuple(found), ids) if found else None


def _json(text: str) -> dict[str, object]:
    start, end = text.find("{"), text.rfind("}")
    try:
        data = json.loads(text[start : end + 1].replace("\n", ""))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _dig(data: object, *names: str) -> object:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _text(data: object, *names: str) -> str:
    found = _dig(data, *names)
    return found[:2000] if isinstance(found, str) else ""


def _list(data: object, *names: str) -> list[object]:
    found = _dig(data, *names)
    return found[:100] if isinstance(found, list) else []
