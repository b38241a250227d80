"""What a report says about one recipient, and how codes are found in servers' words."""

import re

import msgspec

from uzel.channels.email.reasons import Reason, find_reason, stand_in_status

MAX_TEXT = 40_000  # characters of a report that are looked at


class Failure(msgspec.Struct, frozen=True):
    """What became of the mail to one recipient. ``status`` is ``5.1.1``-like and may be empty, so may ``code``."""

    recipient: str
    status: str
    code: str
    reason: Reason
    words: str = ""
    delayed: bool = False

    @property
    def hard(self) -> bool:
        """The address is dead: nothing should be sent there again."""
        return self.reason.hard and not self.delayed

    @property
    def known_status(self) -> str:
        """The status, or the stand-in for the reason when the server named none."""
        temporary = self.delayed or self.code.startswith("4")
        return self.status or stand_in_status(self.reason, temporary=temporary)


class Bounce(msgspec.Struct, frozen=True):
    """A report on mail of ours. ``original_ids`` are without brackets, likeliest first."""

    failures: tuple[Failure, ...]
    original_ids: tuple[str, ...] = ()
    complaint: bool = False


ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){0,20}[A-Za-z0-9-]{1,63}")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = (
    r"(?:2[15][01]|4(?:21|2[0-9]|3[0-2]|4[1-9]|5[0-9]|7[0-2])"
    r"|5(?:0[0-4]|1[0-5]|2[1-5]|3[04578]|41|5[0-9]|7[0-9]))"
)
_PAIR = re.compile(
    rf"(?<![\d.])({_CODE})(?:[ -]{{1,3}}'?|[ -]?\(?#|: ?| SMTP; )([245]\.\d{{1,3}}\.\d{{1,3}})(?![\d.]*\d)"
)
_REPLY = re.compile(rf"(?:^|[\s:;>(\"'\[=#,])({_CODE})(?=[ \-:<,.)\"'\]]|$)", re.M)
_COMMAND = re.compile(
    r"(?:in reply to|after|in response to|>>>|failed at|did not like our|step:|for)\s{1,3}(?:the\s|sending\s|end of\s)*"
    r"(MAIL|RCPT|DATA|HELO|EHLO|TEXT)\b|(does not like recipient)|(after I sent the message|end of message)",
    re.I,
)
_GIVING_UP = re.compile(r"giving up on|i.m not going to try again|this message has been in the queue too long", re.I)


def read_failure(recipient: str, status: str, words: str, report: str, *, delayed: bool = False) -> Failure:
    """Join what the fields say with what the text says; the server's own words outrank the reporter's summary."""
    code, said = codes_in(words)
    nearby = about(recipient, report)
    if not code and not said and not _telling(words):
        code, said = codes_in(nearby)
        words = f"{words} {nearby}".strip()
    if said and not said.endswith(".0.0") and (not status or status.endswith(".0.0") or said[0] == status[0]):
        status = said
    status = status or said
    return Failure(
        recipient=recipient,
        status=status,
        code="" if code and status and code[0] != status[0] else code,
        reason=find_reason(words, status, code, command_in(nearby)),
        words=" ".join(words.split())[:500],
        delayed=delayed,
    )


def read_section(recipient: str, section: str, report: str, subject: str, *, delayed: bool) -> Failure:
    """The same for a report in free form, of which ``section`` is about this recipient."""
    code, status = codes_in(section)
    command = command_in(section)
    reason = find_reason(_answer(section) or section, status, code, command)
    if reason.name == "onhold":
        reason = find_reason(f"{section} {report} {subject}", status, code, command)
    return Failure(recipient, status, code, reason, " ".join(section.split())[:500], delayed)


def first_status(text: str) -> str:
    match = _STATUS.search(text)
    return match.group(1) if match else ""


def codes_in(text: str) -> tuple[str, str]:
    """Reply code and status; a pair that stands together and agrees is believed before single numbers."""
    for pair in _PAIR.finditer(text):
        if pair.group(1)[0] == pair.group(2)[0]:
            return pair.group(1), pair.group(2)
    reply = _REPLY.search(text)
    return (reply.group(1) if reply else ""), first_status(text)


def command_in(text: str) -> str:
    """The SMTP command that was refused, as far as the report tells."""
    found = ""
    for match in _COMMAND.finditer(text[:MAX_TEXT]):
        found = (match.group(1) or ("RCPT" if match.group(2) else "DATA")).upper()
    return "DATA" if found == "TEXT" else found


def about(recipient: str, report: str) -> str:
    """The report's lines around the recipient's address, else those with a server's answer."""
    lines = report[:MAX_TEXT].split("\n")
    wanted = recipient.lower()
    at = next((n for n, line in enumerate(lines) if wanted and wanted in line.lower()), -1)
    chosen = lines[at : at + 6] if at >= 0 else []
    answers = [line for line in lines if _REPLY.search(line[:400]) or _STATUS.search(line[:400])]
    return "\n".join([*chosen, *answers[:6]])[:3000]


def _telling(words: str) -> bool:
    return len(words) > 12 and any(letter.isalpha() for letter in words)


def _answer(section: str) -> str:
    """The server's answer out of a section that also holds the reporter's own sentences."""
    lines = section.split("\n")
    for n, line in enumerate(lines):
        found = _PAIR.search(line[:1000]) or _REPLY.search(line[:1000])
        if found:
            more = [text for text in lines[n + 1 : n + 4] if not _GIVING_UP.search(text)]
            return " ".join([line[found.start() :], *more])[:600]
    return ""
