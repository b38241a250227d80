"""Dates as mail programs write them for people: «26 октября 2021 г. в 14:25», «28/10/2021 12:46»."""

import datetime as dt
import re

from uzel.channels.email.headers import sent_at
from uzel.channels.email.words import TABLES

# The beginnings of the months' names in all languages, and the whole words that these would take for another month.
_BEGINNINGS = [(word, int(month)) for month, words in TABLES["months"].items() for word in words]
_FULL = {word: int(month) for month, words in TABLES["month_words"].items() for word in words}
_ZONES: dict[str, int] = TABLES["zones"]

_RFC_DATE = re.compile(
    r"(?:[A-Za-z]{3},?\s+)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:[+-]\d{4}|GMT|UTC)"
)
_WORD = re.compile(r"[^\W\d_]{3,12}")
_ISO = re.compile(r"(?<!\d)(\d{4})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[./-]\s?(\d{1,2})[./-]\s?(\d{4})(?!\d)")
_SHORT = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{2})(?![\d:])")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DAY = re.compile(r"(?<![\d:.])(\d{1,2})(?!\d|:\d|\.\d\d(?!\d))")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?!\d|[./]\d)\s*([ap]\.?\s?m\.?)?", re.I)
_OFFSET = re.compile(r"(?:gmt|utc)?\s?([+-])(\d{1,2}):?(\d{2})?(?!\d)", re.I)


def human_date(text: str) -> dt.datetime | None:
    """The moment ``text`` names, aware; UTC when it names no zone we know; None when it names no day.

    A date in figures is read day first, as most of the world writes it, unless only month first can be meant.
    """
    text = text.strip()[:200]
    if not text:
        return None
    if _RFC_DATE.match(text):
        return sent_at(text)
    day, rest = _day(text)
    if day is None:
        return None
    clock = _CLOCK.search(rest)
    hour, minute, second = _clock(clock) if clock else (0, 0, 0)
    zone = _zone(rest[clock.end() :]) if clock else dt.UTC
    try:
        return dt.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _day(text: str) -> tuple[dt.date | None, str]:
    """The day, and the text without the figures that named it."""
    match = _ISO.search(text)
    if match:
        return _date(*map(int, match.groups())), _without(text, match)
    match = _NUMBERS.search(text)
    if match:
        return _in_figures(*map(int, match.groups())), _without(text, match)
    found, rest = _spelled(text)
    match = None if found else _SHORT.search(text)
    if match:
        first, _, second, year = match.groups()
        return _in_figures(int(first), int(second), 2000 + int(year)), _without(text, match)
    return found, rest


def _in_figures(first: int, second: int, year: int) -> dt.date | None:
    return _date(year, second, first) or _date(year, first, second)


def _spelled(text: str) -> tuple[dt.date | None, str]:
    year = _YEAR.search(text)
    month = _month(text)
    if not year or not month:
        return None, text
    rest = _without(text, year)
    clock = _CLOCK.search(rest)
    search_in = _without(rest, clock) if clock else rest
    day = _DAY.search(search_in)
    return (_date(int(year.group(1)), month, int(day.group(1))) if day else None), rest


def _month(text: str) -> int:
    best, length = 0, 0
    for word in _WORD.findall(text.casefold()):
        if word in _FULL:
            return _FULL[word]
        for start, month in _BEGINNINGS:
            if word.startswith(start) and len(start) > length and not _weekday(word):
                best, length = month, len(start)
    return best


_WEEKDAYS = frozenset(
    [
        "mardi",
        "martes",
        "marți",
        "martedì",
        "mar.",
        "sunday",
        "sonntag",
        "samstag",
        "saturday",
        "sept.",
        "monday",
        "montag",
        "lundi",
        "lunedì",
        "marte",
        "subota",
        "sobota",
        "søndag",
        "söndag",
        "sábado",
        "sabato",
        "lördag",
        "lørdag",
        "sonnabend",
        "maandag",
        "maanantai",
    ]
)


def _weekday(word: str) -> bool:
    return word in _WEEKDAYS


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + " " + text[match.end() :]


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = int(match.group(1)), int(match.group(2)), int(match.group(3) or 0)
    half = (match.group(4) or "").lower()[:1]
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return hour, minute, second


def _zone(text: str) -> dt.tzinfo:
    match = _OFFSET.search(text)
    if match:
        minutes = int(match.group(2)) * 60 + int(match.group(3) or 0)
        if minutes <= 14 * 60:
            return dt.timezone(dt.timedelta(minutes=minutes if match.group(1) == "+" else -minutes))
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        if word in _ZONES:
            return dt.timezone(dt.timedelta(minutes=_ZONES[word]))
    return dt.UTC
