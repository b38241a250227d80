"""Until when a person says it must be done: «до 10:00», «завтра к 18 часам», "by 10:00 tomorrow", "by Friday"."""

import datetime as dt
import re

import msgspec

from uzel.domain.text import fold

END_OF_DAY = dt.time(18, 0)  # what a day without an hour means
_BEFORE = 20  # characters that may hold "from 9:00"
_FARTHEST = dt.timedelta(days=180)

_MONTHS = (
    ("январ", "january", "jan"),
    ("феврал", "february", "feb"),
    ("март", "march", "mar"),
    ("апрел", "april", "apr"),
    ("ма[йяе]", "may"),
    ("июн", "june", "jun"),
    ("июл", "july", "jul"),
    ("август", "august", "aug"),
    ("сентябр", "september", "sep"),
    ("октябр", "october", "oct"),
    ("ноябр", "november", "nov"),
    ("декабр", "december", "dec"),
)
_WEEKDAYS = (
    ("понедельник", "monday"),
    ("вторник", "tuesday"),
    ("сред[уаые]", "wednesday"),
    ("четверг", "thursday"),
    ("пятниц", "friday"),
    ("суббот", "saturday"),
    ("воскресень", "sunday"),
)
_IN_DAYS = (("послезавтра|day after tomorrow", 2), ("завтра|tomorrow", 1), ("сегодня|today|tonight", 0))


def _either(rows: tuple[tuple[str, ...], ...]) -> str:
    return "|".join(form for row in rows for form in row)


_UNIT = r"час\w*|ч\b\.?|утра|вечера|дня|a\.?m\b\.?|p\.?m\b\.?|o'clock"
_TIME = rf"(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?(?:\s*(?P<unit>{_UNIT}))?"
_BARE_DAY = (
    rf"(?:(?:послезавтра|завтра|сегодня|day after tomorrow|tomorrow|today|tonight)|(?:{_either(_WEEKDAYS)})\w*"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_either(_MONTHS)})\w*|(?:{_either(_MONTHS)})\w*\s+\d{{1,2}}(?:st|nd|rd|th)?\b)"
)
_END = r"(?:конца (?:рабочего )?дня|the end of (?:the )?day|end of (?:the )?day|eod|cob)"
_BY = r"(?:не позднее|не позже|до|к|by|before|until|no later than|not later than)"
_CLOCK = r"(?:,?\s+(?:в|к|at|by)?\s*(?P<late>\d{1,2}[:.]\d\d))?"
# "from 9 till 18" is a working day and "до 10 ГБ" a size; neither is a deadline.
_NO_TIME = r"(?![\d:.]*\d|\s*(?:%|[гмкt]б|[gmk]b|шт|руб|eur|usd|человек|people|дн|day|раз\b))"
_DEADLINE = re.compile(
    rf"(?<![\w-])(?:(?P<day>{_BARE_DAY}),?\s+)?{_BY}\s+"
    rf"(?:(?P<end>{_END})|(?P<day3>{_BARE_DAY}){_CLOCK}|{_TIME}{_NO_TIME})"
    rf"(?:,?\s+(?:on\s+|в\s+|во\s+)?(?P<day2>{_BARE_DAY}))?"
)
_RANGE = re.compile(r"(?:\bс|\bот|\bfrom|\bbetween)\s+\d{1,2}(?:[:.]\d\d)?\s*$")


class Deadline(msgspec.Struct, frozen=True):
    """``at`` carries the time zone that was passed in; ``words`` is what was read."""

    at: dt.datetime
    words: str


def find_deadline(text: str, now: dt.datetime, zone: dt.tzinfo) -> Deadline | None:
    """The first time in the future by which the text wants something done, or None.

    An hour that is over today means tomorrow's; a day with no hour ends at 18:00; a weekday is the next one.
    A bare small number needs a unit or minutes: "до 10" may be anything.
    """
    folded, local = fold(text), now.astimezone(zone)
    for found in _DEADLINE.finditer(folded):
        if _RANGE.search(folded[max(0, found.start() - _BEFORE) : found.start()]):
            continue
        at = _resolve(found, local)
        if at is not None and at > local:
            return Deadline(at, " ".join(found.group().split()))
    return None


def _resolve(found: re.Match[str], now: dt.datetime) -> dt.datetime | None:
    day_words = found["day"] or found["day3"] or found["day2"]
    hour = _hour(found)
    if hour is None and found["hour"] is not None:
        return None
    day = _day(day_words, now) if day_words else now.date()
    if day is None:
        return None
    at = dt.datetime.combine(day, hour or END_OF_DAY, now.tzinfo)
    return at + dt.timedelta(days=1) if not day_words and hour and at <= now else at


def _hour(found: re.Match[str]) -> dt.time | None:
    """The time of day that was named; None when none was, or when a bare number is no time."""
    if found["late"]:
        hour, minute = re.split("[:.]", found["late"])
        return dt.time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None
    if found["hour"] is None:
        return None
    unit, hour = found["unit"] or "", int(found["hour"])
    if not unit and found["minute"] is None and not (found["day"] or found["day2"]):
        return None
    if (unit.startswith("p") or unit in {"вечера", "дня"}) and hour < 12:
        hour += 12
    return dt.time(hour, int(found["minute"] or 0))


def _day(words: str, now: dt.datetime) -> dt.date | None:
    for pattern, days in _IN_DAYS:
        if re.search(pattern, words):
            return now.date() + dt.timedelta(days=days)
    for month, forms in enumerate(_MONTHS, start=1):
        number = re.search(r"\d{1,2}", words)
        if number and re.search("|".join(forms), words):
            return _date(now.date(), month, int(number.group()))
    weekday = next(n for n, forms in enumerate(_WEEKDAYS) if re.search("|".join(forms), words))
    return now.date() + dt.timedelta(days=(weekday - now.weekday()) % 7 or 7)


def _date(today: dt.date, month: int, day: int) -> dt.date | None:
    """The next such date; None for one that does not exist, or so far off that a past one must be meant."""
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if today <= found <= today + _FARTHEST:
            return found
    return None
