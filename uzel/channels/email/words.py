"""What mail programs write around quoted and forwarded mail, in the languages that our customers' programs speak.

The words themselves stand in words.toml: a language is added there, not here.
"""

import enum
import re
import tomllib
from importlib.resources import files


class Role(enum.StrEnum):
    FROM = "from"
    TO = "to"
    CC = "cc"
    DATE = "date"
    SUBJECT = "subject"
    OTHER = "other"


TABLES = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
PATTERNS = {name: "|".join(patterns) for name, patterns in TABLES["patterns"].items()}

LABELS: dict[str, Role] = {word.casefold(): Role(role) for role, words in TABLES["labels"].items() for word in words}
FORWARDED = frozenset(TABLES["markers"]["forwarded"])
ORIGINAL = frozenset(TABLES["markers"]["original"])

# Verbs by which a quote is introduced: «On … Anna wrote:», «… пишет:», «Am … schrieb Anna:».
WROTE = re.compile(rf"(?<!\w)(?:{PATTERNS['wrote']})(?!\w)|{PATTERNS['wrote_glued']}", re.I)
_SENT_FROM = re.compile(rf"(?:{PATTERNS['sent_from']})", re.I)
# «Sent from my desk, is much easier …» is a sentence: it goes on behind a comma, or is long.
_SENTENCE = re.compile(r"[,;!?]\s|\.\s+\w|\w{3,}\.$")
# Devices and programs have names; what has none must at least be called a phone, a mail program or the like.
_DEVICE = re.compile(
    r"phone|mobil|móvil|tablet|pad\b|device|e?mail\b|\bapp\b|handy|gerät|téléphone|telefon|телефон|смартфон|планшет|почт|устройств|outlook",
    re.I,
)
_LINKS = re.compile(r"<[^<>]{0,300}>|\[[^\[\]]{0,300}\]|\(https?://[^()]{0,300}\)|https?://\S{1,300}")


def is_device_signature(line: str) -> bool:
    """«Sent from my iPhone», «Отправлено из мобильной Почты Mail.ru» and the like, alone on their line."""
    text = _LINKS.sub("", line).strip(" \t*_-–—>​\ufeff").strip()
    if not 6 <= len(text) <= 80 or len(text.split()) > 10:
        return False
    named = _DEVICE.search(text) or any(letter.isupper() or letter > "\u3000" for letter in text[1:])
    return bool(named and _SENT_FROM.fullmatch(text)) and not _SENTENCE.search(text.rstrip("."))


_LABEL_LINE = re.compile(r"[>\s]*[*_]*\s?([^\W\d_][^:：\n<>@|*_]{0,28}?)\s?[*_]*\s*[:：]\s*[*_]*\s*(.*)")


def label_of(line: str) -> tuple[Role, str] | None:
    """``*Тема:* Счёт`` → (Role.SUBJECT, "Счёт"); None when the line does not begin with a known label."""
    match = _LABEL_LINE.match(line[:2000])
    if not match:
        return None
    role = LABELS.get(match.group(1).strip().casefold())
    return (role, match.group(2).strip()) if role else None


def divider_words(line: str) -> tuple[str, bool]:
    """The case-folded words of a line such as ``-------- Пересылаемое сообщение --------`` and whether it is ruled."""
    if not 3 <= len(line) <= 160:
        return "", False
    text = line.strip("> \t")
    inner = text.strip("-_=*~—–:： \t")
    return inner.casefold(), text[:2] in ("--", "__", "==", "**", "~~", "——", "––")


def is_forward_marker(line: str) -> bool:
    words, ruled = divider_words(line)
    if not words:
        return False
    if words in FORWARDED:
        return ruled or line.rstrip("* \t").endswith((":", "：")) or words not in ("fwd", "forwarded by", "переслано")
    if ruled and words.startswith(("forwarded by ", "forwarded message from ", "переслано ")):
        return True
    return ruled and words.partition(" -")[0].strip() in FORWARDED


def is_original_marker(line: str) -> bool:
    words, ruled = divider_words(line)
    if words.startswith("original message processed by"):
        return True
    return words in ORIGINAL and (ruled or line.rstrip().endswith(":"))


_TAG = r"\s*(?:\[[^\]]{1,60}\]\s*)?"
_PREFIX_FORWARD = re.compile(rf"{_TAG}(?:{PATTERNS['forward_prefix']})\s?(?:\[\d+\])?[:：]", re.I)
_PREFIX_REPLY = re.compile(rf"{_TAG}(?:{PATTERNS['reply_prefix']})\s?(?:\[\d+\])?[:：]", re.I)


def is_forward_subject(subject: str) -> bool:
    return bool(_PREFIX_FORWARD.match(subject[:200]))


def is_reply_subject(subject: str) -> bool:
    return bool(_PREFIX_REPLY.match(subject[:200])) and not is_forward_subject(subject)
