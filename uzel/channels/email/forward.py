"""Who wrote the mail that was forwarded: from the header block that mail programs put above it, or an attached mail.

A false find is worse than a miss: it would offer a stranger as the requester. So a block without a program's
«forwarded message» line counts only when the subject says so, or when nothing else is in the mail.
"""

import re

from uzel.channelkit.events import Address, Forwarded
from uzel.channels.email.dates import human_date
from uzel.channels.email.headers import Headers, addresses, sent_at
from uzel.channels.email.html import QUOTE_MARK
from uzel.channels.email.reply import attribution_end, header_block_end
from uzel.channels.email.words import (
    LABELS,
    WROTE,
    Role,
    is_forward_marker,
    is_forward_subject,
    is_reply_subject,
    label_of,
)
from uzel.kernel.handles import EMAIL

MAX_LINES = 2_000
MAX_HEAD = 30  # lines of a forwarded mail's header block
_ADDRESS = re.compile(r"[^\s<>@,;:()\[\]\"'«»]{1,64}@[^\s<>@,;:()\[\]\"'«»]{2,200}")
_MAILTO = re.compile(r"\s?<mailto:[^<>\s]{1,300}>|mailto:", re.I)
_GLUED = "|".join(sorted((re.escape(word) for word in LABELS if len(word) > 1), key=len, reverse=True))
_CAPITAL = re.compile(rf"(?:(?<=[>\s])|(?<=[^\s\W])|^)((?i:{_GLUED}|a))(?:\s?[:：]\s|(?<=>Dw)\s)")
_MARKER_LINE = re.compile(r"([-_=*]{3,}[^-_=*\n]{3,60}[-_=*]{3,}):?\s+(\S.*)")
_QUOTE_SIGNS = re.compile(r"^[>\s]*")


def find_forwarded(text: str, subject: str, attached: Headers | None = None) -> Forwarded | None:
    """The original mail's particulars, or None when this is no forwarded mail."""
    text = text.replace("\ufeff", "")
    lines = [line for line in text.split("\n", MAX_LINES)[:MAX_LINES] if QUOTE_MARK not in line]
    found = _marked(lines)
    if found is None and attached is not None and (is_forward_subject(subject) or attached.raw("from")):
        found = of_headers(attached)
    return found or _unmarked(lines, subject)


def of_headers(headers: Headers) -> Forwarded | None:
    """From the head of an attached mail; that it was attached is mark enough."""
    senders = addresses(headers.all("from")) or addresses(headers.all("sender"))
    if not senders:
        return None
    return Forwarded(
        sender=senders[0],
        to=addresses(headers.all("to")),
        subject=headers.text("subject"),
        date=sent_at(headers.raw("date")),
    )


def _marked(lines: list[str]) -> Forwarded | None:
    """Behind a line such as ``---------- Forwarded message ---------``, unless that is itself quoted in a reply."""
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        glued = _MARKER_LINE.match(line.strip())
        if glued and is_forward_marker(glued.group(1)):
            return _of_pairs(_glued_pairs(glued.group(2))) or _of_lines(lines, at + 1)
        if is_forward_marker(line):
            found = _of_lines(lines, at + 1)
            if found:
                return found
        elif _answered(lines, at):
            return None
    return None


def _answered(lines: list[str], at: int) -> bool:
    """A quote of the mail that this one answers begins here; a forward inside it is an older story."""
    line = lines[at]
    return bool(WROTE.search(line) or label_of(line)) and bool(
        attribution_end(lines, at) or header_block_end(lines, at)
    )


def _unmarked(lines: list[str], subject: str) -> Forwarded | None:
    """A bare header block or «On … wrote:» as Outlook writes it for replies and forwards alike."""
    if is_reply_subject(subject):
        return None
    forward = is_forward_subject(subject)
    for at, line in enumerate(lines):
        if not line.strip("_-=* \t\ufeff"):
            continue
        if header_block_end(lines, at):
            return _of_lines(lines, at)
        end = attribution_end(lines, at)
        if end:
            return _of_attribution(lines, at, end) if forward or (not subject and _indented(lines, end)) else None
        if not forward:
            return None
    return None


def _indented(lines: list[str], at: int) -> bool:
    """Outlook for Mac sets the mail it forwards in by four blanks, with no quote signs."""
    return any(line.startswith("    ") for line in lines[at : at + 3])


def _of_attribution(lines: list[str], at: int, end: int) -> Forwarded | None:
    text = " ".join(line.strip() for line in lines[at:end]).lstrip("\ufeff >")
    match = _ADDRESS.search(text)
    if not match:
        return None
    before = text[: match.start()].rstrip("<([ \t")
    quoted = re.search(r"[\"«]([^\"»]{1,100})[\"»]?$", before)
    name = quoted.group(1) if quoted else _name_at_end(before)
    return Forwarded(sender=Address(EMAIL, match.group().rstrip("."), name), date=human_date(before))


_NAME_AT_END = re.compile(r"((?:[^\W\d_][\w.'’-]*\s?){1,5})$")
_NOT_NAMES = frozenset(
    [
        "heeft",
        "skrev",
        "schrieb",
        "időpontban",
        "používateľ",
        "uživatel",
        "am",
        "pm",
        "um",
        "on",
        "at",
        "a",
        "kl",
        "klo",
        "от",
        "from",
        "i",
    ]
)


def _name_at_end(text: str) -> str:
    match = _NAME_AT_END.search(text[-120:])
    words = match.group(1).split() if match else []
    last = max((n for n, word in enumerate(words) if word.casefold() in _NOT_NAMES), default=-1)
    return " ".join(words[last + 1 :])


def _of_lines(lines: list[str], at: int) -> Forwarded | None:
    pairs: list[tuple[Role, str]] = []
    gap = 0
    for line in lines[at : at + MAX_HEAD]:
        bare = _QUOTE_SIGNS.sub("", line).strip()
        if not bare:
            gap += bool(pairs)
            if gap > 1:
                break
            continue
        found = label_of(bare)
        if found is None:
            if not pairs and len(bare) < 3:
                continue
            if gap or not pairs or not _goes_on(pairs[-1], bare):
                break
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {bare}")
            continue
        if any(role == found[0] != Role.OTHER for role, _ in pairs):
            break
        pairs.append(found)
        gap = 0
    return _of_pairs(pairs)


def _goes_on(last: tuple[Role, str], line: str) -> bool:
    role, value = last
    if not value:
        return True
    if role in (Role.TO, Role.CC, Role.FROM):
        return value.endswith((",", ";", "<")) or ("@" in line and "<" in line and len(line) < 300)
    return False


def _glued_pairs(text: str) -> list[tuple[Role, str]]:
    """Yahoo puts the whole block into one line with nothing between: ``From: A <a@b>To: …Subject: …``."""
    found = [match for match in _CAPITAL.finditer(text[:4000]) if match.group(1)[0].isupper()]
    pairs = []
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):
        pairs.append((LABELS[match.group(1).casefold()], text[match.end() : end].strip()))
    return pairs


def _of_pairs(pairs: list[tuple[Role, str]]) -> Forwarded | None:
    values: dict[Role, str] = {}
    for role, value in pairs:
        values.setdefault(role, value)
    if Role.FROM not in values or len(values) < 2:
        return None
    senders = people(values[Role.FROM])
    return Forwarded(
        sender=senders[0] if senders else Address(EMAIL, "", values[Role.FROM].strip("*\"' ")[:200]),
        to=people(values.get(Role.TO, "")),
        subject=values.get(Role.SUBJECT, "").strip("* ")[:998],
        date=human_date(values.get(Role.DATE, "")),
    )


def people(text: str) -> tuple[Address, ...]:
    """Mailboxes in a line written for people: ``'Berry, Bessie' <b@x>; Ann [mailto:a@x], c@x``."""
    text = _MAILTO.sub("", text[:8000])
    found: list[Address] = []
    at = 0
    for match in _ADDRESS.finditer(text):
        name = text[at : match.start()].strip(" \t,;><[](){}*\"'«»")
        at = match.end()
        address = match.group().strip(".*")
        if found and found[-1].value == address and not name:
            continue
        if _ADDRESS.search(name):
            name = ""
        found.append(Address(EMAIL, address, "" if name == address else name))
    return _without_echo(found)


def _without_echo(found: list[Address]) -> tuple[Address, ...]:
    """``b@x <b@x>`` names one mailbox once: the address was its own display name."""
    kept: list[Address] = []
    for address in found:
        if kept and kept[-1].value == address.value and not kept[-1].name:
            continue
        kept.append(address)
    return tuple(kept)
