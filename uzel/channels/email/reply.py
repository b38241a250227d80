"""Cuts what the person wrote now out of the mail that is quoted below, above or between it.

Works line by line: a line is quoted (``>``), begins a quote (an attribution, a block of header lines, a divider),
or belongs to the person. Every line is looked at a bounded number of times.
"""

import re

import msgspec

from uzel.channels.email.html import QUOTE_MARK
from uzel.channels.email.words import (
    WROTE,
    Role,
    is_device_signature,
    is_forward_marker,
    is_original_marker,
    label_of,
)

MAX_TEXT = 200_000  # characters looked at; people write less, machines' logs are shown whole
MAX_LINES = 5_000
MAX_ATTRIBUTION = 5  # lines that one attribution may be wrapped into
MAX_BLOCK = 24

_QUOTED = re.compile(r"\s{0,3}(?:[>＞»]|\|\s?>|\| )")
_RULE = re.compile(r"\s*[-_=*—–]{3,}\s*$")
_SIGNATURE = re.compile(r"\s?(?:--|—-|-- |––)\s*$")
_TIME = re.compile(r"\d{1,2}[:.hч]\s?\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_ADDRESS = re.compile(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{2,200}")
_ADDRESS_END = re.compile(r"[>)\]\"»]\s*[:：]\s*$|@[\w.-]{1,100}\s?[:：]\s*$")
_OPENING = re.compile(
    r"[\s>*_–—-]*(?:on|at|in|le|el|il|am|op|em|den|d\.|dne|dňa|w|dnia|dana|в|у|на|la|pe|pe\.|ma|ti|ke|to|la|su"
    r"|il giorno|às|fecha|quoting|zitat von"
    r"|mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|lun|mar|mer|mié|jeu|jue|ven|sam|sáb|dim|dom|gio"
    r"|mo|di|mi|do|fr|sa|so|вы)(?!\w)[.,]?"
    r"|[\s>*_–—-]*[\"'«]?\d{1,4}",
    re.I,
)
_LIST_FOOTER = re.compile(r"mailing list|mailman|listinfo|unsubscribe|отписаться|google groups|groups\.google", re.I)
_NOISE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"


class Reply(msgspec.Struct, frozen=True):
    """``text`` is what was written now, ``quoted`` the rest; together they hold every line of the mail."""

    text: str
    quoted: str = ""
    cut: bool = False
    warning: str = ""


def cut_reply(full: str) -> Reply:
    """Split ``full`` (as html_to_text or a text part gives it). A mail that is nothing but quote stays whole."""
    text = full.replace("\ufeff", "").lstrip(_NOISE)
    warning = ""
    if len(text) > MAX_TEXT:
        text, warning = text[:MAX_TEXT], "The text is very long: only its beginning was searched for the reply"
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        warning = "The text is very long: only its beginning was searched for the reply"
        lines = lines[:MAX_LINES]
    own = _Cutter(lines).own()
    end = _signature_start(lines, own)
    kept = [n for n in own if n < end]
    reply = _joined(lines, kept)
    if not reply:
        return Reply(without_marks(full).strip("\n"), "", False, warning)
    inside = set(kept)
    quoted = _joined(lines, [n for n in range(len(lines)) if n not in inside])
    quoted += without_marks(text_after(full, text, lines))
    return Reply(reply, quoted, bool(quoted), warning)


def text_after(full: str, text: str, lines: list[str]) -> str:
    """What was beyond the limits and not looked at."""
    looked = sum(map(len, lines)) + len(lines) - 1
    start = full.find(text[:1]) if text else 0
    return full[start + looked :] if start + looked < len(full.rstrip()) else ""


def without_marks(text: str) -> str:
    if QUOTE_MARK not in text:
        return text
    return "\n".join(line for line in text.split("\n") if QUOTE_MARK not in line)


def _joined(lines: list[str], numbers: list[int]) -> str:
    """The lines; where something was taken out between them, one empty line is left."""
    kept: list[str] = []
    before = -1
    for n in numbers:
        line = lines[n].rstrip()
        if QUOTE_MARK in line:
            continue
        if line or n == before + 1 or not kept or kept[-1]:
            kept.append(line)
            before = n
    return "\n".join(kept).strip("\n\t " + _NOISE)


class _Cutter:
    """Walks down the lines once; ``at`` is the next line to look at."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.kept: list[int] = []
        self.written = False  # the person has written something already
        self.asked = False

    def own(self) -> list[int]:
        """Numbers of the lines that are the person's own."""
        at = 0
        while at < len(self.lines):
            after = self.step(at)
            if after < 0:
                break
            at = after
        return self.kept

    def step(self, at: int) -> int:
        """Where to go on behind line ``at``; -1 when all the rest is quote."""
        line = self.lines[at]
        if not line.strip():
            self.kept.append(at)
            return at + 1
        if _QUOTED.match(line) or self.is_debris(at):
            return at + 1
        if QUOTE_MARK in line:
            return -1 if self.written and self.marked_quote(at + 1) else at + 1
        after = self.quote_start(at)
        if after == 0:
            self.kept.append(at)
            self.written = True
            return at + 1
        return after

    def is_debris(self, at: int) -> bool:
        """The end of a quoted line that some program wrapped without repeating the quote sign."""
        if not 0 < at < len(self.lines) - 1:
            return False
        before, line = self.lines[at - 1], self.lines[at].strip()
        if len(line) > 40 or len(before) < 65 or not (_QUOTED.match(before) and _QUOTED.match(self.lines[at + 1])):
            return False
        return not line[0].isupper() and not line[0].isdigit()

    def marked_quote(self, at: int) -> bool:
        """Whether all behind a program's own mark is quote; asked once, later marks change nothing."""
        if self.asked:
            return False
        self.asked = True
        rest = [line for line in self.lines[at:] if line.strip() and QUOTE_MARK not in line]
        if not any(_QUOTED.match(line) for line in rest):
            return True
        last_quoted = max(n for n, line in enumerate(rest) if _QUOTED.match(line))
        return len(rest) - last_quoted > MAX_BLOCK or last_quoted == len(rest) - 1

    def quote_start(self, at: int) -> int:
        """Behind the lines that introduce a quote at ``at``; 0: none begins here; -1: all from here on is quote."""
        line = self.lines[at]
        if is_original_marker(line) or is_forward_marker(line):
            return -1 if self.written else at + 1
        block = header_block_end(self.lines, at)
        if block:
            return self.behind(block)
        if _RULE.match(line):
            return self.rule(at)
        end = attribution_end(self.lines, at)
        return self.behind(end) if end else 0

    def behind(self, end: int) -> int:
        """A quote with ``>`` is only as long as its signs; one without goes on to the end."""
        for line in self.lines[end : end + 6]:
            if line.strip() and QUOTE_MARK not in line:
                if _QUOTED.match(line):
                    return end
                break
        return -1 if self.written else end

    def rule(self, at: int) -> int:
        """A line of dashes belongs to the quote when one begins right behind it, or a list's footer does."""
        following = at + 1
        while following < len(self.lines) and following <= at + 3 and not self.lines[following].strip():
            following += 1
        if following >= len(self.lines):
            return at + 1
        line = self.lines[following]
        if _is_start(self.lines, following) or is_original_marker(line) or is_forward_marker(line):
            return -1 if self.written else following
        tail = self.lines[at + 1 : at + 8]
        near_end = len(self.lines) - at <= 12
        if self.written and near_end and _LIST_FOOTER.search("\n".join(tail)):
            return -1
        return 0


def _is_start(lines: list[str], at: int) -> bool:
    return bool(header_block_end(lines, at) or attribution_end(lines, at))


def header_block_end(lines: list[str], at: int) -> int:
    """Behind a block of header lines (``From: … Sent: … To: …``) that begins at ``at``, else 0.

    Wrapped values and single empty lines between the headers are allowed, as some programs write them.
    """
    first = label_of(lines[at])
    if not first:
        return 0
    roles = {first[0]: first[1]}
    end, gap = at + 1, 0
    for n in range(at + 1, min(len(lines), at + MAX_BLOCK)):
        found = label_of(lines[n])
        if found:
            if found[0] is Role.FROM and Role.FROM in roles:
                break  # the next mail's block
            roles.setdefault(found[0], found[1])
            end, gap = n + 1, 0
        elif not lines[n].strip():
            gap += 1
            if gap > 1:
                break
        elif gap or not _continues(lines[n], lines[n - 1]):
            break
        else:
            end = n + 1
    return end if _is_block(roles) else 0


def _continues(line: str, before: str) -> bool:
    """A wrapped list of addresses or a folded value."""
    return (
        line[:1] in " \t"
        or before.rstrip().endswith((",", ";", "<"))
        or (_ADDRESS.search(line) is not None and "<" in line)
    )


def _is_block(roles: dict[Role, str]) -> bool:
    if Role.FROM not in roles:
        return False
    if Role.DATE in roles and len(roles) >= 2:
        return bool(_TIME.search(roles[Role.DATE])) or len(roles) >= 3
    return len(roles) >= 3 or (len(roles) == 2 and bool(_ADDRESS.search(roles[Role.FROM])))


def attribution_end(lines: list[str], at: int) -> int:
    """Behind an attribution («On Monday Anna wrote:») that begins at ``at``, else 0; it may be wrapped."""
    first = lines[at]
    if len(first) > 400 or not _may_open(first):
        return 0
    if _introduces(lines, at):
        return at + 1
    joined = ""
    for n in range(at, min(len(lines), at + MAX_ATTRIBUTION)):
        line = lines[n].strip("> \t*_").rstrip("-— ")
        if not line:
            return 0
        joined = f"{joined} {line}" if joined else line
        if len(joined) > 500:
            return 0
        if _is_attribution(joined, wrapped=n > at):
            return n + 1
    return 0


def _introduces(lines: list[str], at: int) -> bool:
    """A dated or addressed line with a colon, right above ``>`` lines: an attribution in whatever language."""
    line = lines[at].rstrip()
    if not line.endswith((":", "：")) or len(line) > 200 or not (len(_TIME.findall(line)) > 1 or _ADDRESS.search(line)):
        return False
    following = next((text for text in lines[at + 1 : at + 4] if text.strip()), "")
    return bool(_QUOTED.match(following))


def _may_open(line: str) -> bool:
    return bool(_OPENING.match(line) or WROTE.search(line) or _ADDRESS.search(line))


_VERB_LAST = re.compile(
    r"(?:[:：]|\s|\*|_|<[^<>]{0,200}>|\([^()]{0,100}\)|följande|folgendes|följande:|le message suivant|lo siguiente)*$",
    re.I,
)


def _is_attribution(text: str, *, wrapped: bool) -> bool:
    """Cheap questions come first: the search for a verb in all languages is by far the dearest."""
    opens, addressed = bool(_OPENING.match(text)), bool(_ADDRESS.search(text))
    dated = bool(_TIME.search(text))
    if not (dated or addressed) or (wrapped and not (opens or addressed)):
        return False
    if not text.endswith((":", "：")):
        return dated and opens and (addressed or not wrapped) and _ends_with_verb(text)
    if WROTE.search(text):
        return (dated and (wrapped or opens or addressed or len(text) < 120)) or (addressed and opens)
    return dated and addressed and bool(_ADDRESS_END.search(text)) and bool(_TIME.search(text[:80]))


def _ends_with_verb(text: str) -> bool:
    verbs = list(WROTE.finditer(text[-260:]))
    return bool(verbs) and bool(_VERB_LAST.match(text[-260:], verbs[-1].end()))


def _signature_start(lines: list[str], own: list[int]) -> int:
    """The line from which on the person's own lines are a signature that a program put there."""
    written = [n for n in own if lines[n].strip(_NOISE + " \t")]
    for position, n in enumerate(written):
        if _SIGNATURE.match(lines[n]) and position:
            return n
    while len(written) > 1 and is_device_signature(lines[written[-1]]):
        return _device_signature_start(lines, written)
    return len(lines)


def _device_signature_start(lines: list[str], written: list[int]) -> int:
    while len(written) > 1 and (is_device_signature(lines[written[-1]]) or _RULE.match(lines[written[-1]])):
        last = written.pop()
    return last
