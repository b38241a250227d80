"""What a message is about, by rules alone: the catalogue's keywords, the channel's defaults, a few plain phrases."""

import datetime as dt
import enum
import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from uzel.domain.deadlines import find_deadline
from uzel.domain.priority import DEFAULT_MATRIX, Matrix, priority_of
from uzel.domain.reasons import Reason
from uzel.domain.text import MAX_CHARS, fold, own_words, stem

_WORD = re.compile(r"[0-9a-zа-я]+")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)

_URGENT = re.compile(
    r"\b(?:(?<!не )срочн\w*|немедленно|как можно скорее|горит|авари\w+|критичн\w+"
    r"|встала? работа|работа стоит|простаива\w+"
    r"|(?<!not )urgent\w*|asap|immediately|emergency|critical|as soon as possible)\b"
)
_CAN_WAIT = re.compile(
    r"\b(?:не ?срочно|не горит|когда будет время|при возможности|not urgent|no rush|no hurry|when you have time)\b"
)
_MANY = re.compile(
    r"\b(?:у всех|ни у кого|никто не может|вс[еь]м? (?:отдел\w*|офис\w*|этаж\w*|сотрудник\w*)"
    r"|все пользователи|весь (?:отдел|офис|этаж)"
    r"|вся (?:компания|бухгалтерия)|everyone|everybody|nobody can|all users"
    r"|(?:whole|entire) (?:office|team|department|company|floor))\b"
)
_QUESTION = re.compile(
    r"^\W*(?:как|где|кто|когда|можно ли|сколько|зачем|почему|подскажите"
    r"|how|where|who|when|what|why|can i|is it possible)\b.*\?",
    re.DOTALL,
)
_REQUEST = re.compile(
    r"\b(?:прошу (?:предостав|выда|дать|заказ|установ|подключ|настро|созда|оформ|подготов)\w*|закажите|оформите|выдайте"
    r"|установите|подключите|создайте|(?:нужен|нужна|нужны|требуется) (?!помощ)"
    r"|please (?:provide|install|create|order|grant|set up|add|prepare)"
    r"|i (?:need|would like) (?:a|an|to order|access)|request(?:ing)? (?:for |access))"
)


class Kind(enum.StrEnum):
    INCIDENT = "incident"
    REQUEST = "request"
    QUESTION = "question"


class Topic(msgspec.Struct, frozen=True):
    """A service, or a category of one. ``keywords``: words, stems or phrases in either language.

    ``service`` is None for a service itself. Topics stand in the order in which ties are settled.
    """

    id: int
    keywords: tuple[str, ...]
    service: int | None = None
    kind: Kind | None = None

    @property
    def of(self) -> int:
        """The service that it speaks for."""
        return self.id if self.service is None else self.service


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel says when the words say nothing. Impact and urgency: 1 high, 2 medium, 3 low."""

    service: int | None = None
    language: str = "ru"
    impact: int = 2
    urgency: int = 2


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and by which words. ``deadline`` is the business deadline that the person named."""

    service: int | None
    category: int | None
    kind: Kind
    impact: int
    urgency: int
    priority: int
    language: str
    deadline: dt.datetime | None
    reasons: tuple[Reason, ...]


class Moment(msgspec.Struct, frozen=True):
    """When, and in whose time zone, the words are read."""

    now: dt.datetime
    zone: dt.tzinfo


def classify(  # the two texts are one message; the rest is what an installation sets
    subject: str,
    text: str,
    *,
    topics: Sequence[Topic],
    defaults: Defaults,
    moment: Moment,
    matrix: Matrix = DEFAULT_MATRIX,
) -> Labels:
    """Labels of a new ticket. Never fails: what can't be found is the channel's default, or None."""
    subject = subject[:MAX_CHARS]
    written = f"{subject}\n{own_words(text)}"
    service, category, reasons = _about(subject, written, topics, defaults)
    urgency, impact, pressing = _pressure(written, defaults)
    deadline = find_deadline(written, moment.now, moment.zone)
    if deadline is not None:
        pressing += (Reason("deadline", 0, deadline.words),)
        if deadline.at - moment.now <= dt.timedelta(hours=24):
            urgency = 1
    return Labels(
        service=service,
        category=None if category is None else category.id,
        kind=(category.kind if category else None) or _kind(written),
        impact=impact,
        urgency=urgency,
        priority=priority_of(impact, urgency, matrix),
        language=language_of(written, defaults.language),
        deadline=None if deadline is None else deadline.at,
        reasons=reasons + pressing,
    )


def language_of(text: str, default: str) -> str:
    """``ru`` or ``en``; product names in Latin letters do not make a Russian text English."""
    russian, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    if not russian and not latin:
        return default
    return "ru" if russian * 3 >= latin else "en"


def _about(
    subject: str, written: str, topics: Sequence[Topic], defaults: Defaults
) -> tuple[int | None, Topic | None, tuple[Reason, ...]]:
    """The service and category whose keywords weigh most; a category's keyword speaks for its service as well."""
    head, body = _stems(subject), _stems(written)
    weights = {topic: _weight(topic, head, body) for topic in topics}
    services: dict[int, float] = {}
    for topic, (weight, _) in weights.items():
        services[topic.of] = services.get(topic.of, 0.0) + weight
    best = max(services, key=lambda number: services[number], default=None)
    if best is None or not services[best]:
        found = (Reason("channel_default"),) if defaults.service is not None else ()
        return defaults.service, None, found
    mine = [topic for topic in topics if weights[topic][0] and topic.of == best]
    category = max((t for t in mine if t.service is not None), key=lambda t: weights[t][0], default=None)
    words = dict.fromkeys(word for t in mine if t is category or t.service is None for word in weights[t][1])
    return best, category, tuple(Reason("keyword", 0, word) for word in words)


def _weight(topic: Topic, head: str, body: str) -> tuple[float, tuple[str, ...]]:
    """Longer phrases are surer; a word of the subject counts three times."""
    weight, found = 0.0, []
    for keyword in topic.keywords:
        needle = _stems(keyword)
        if needle.strip() and needle in body:
            weight += needle.count(" ") - 1 + (2 if needle in head else 0)
            found.append(keyword)
    return weight, tuple(found)


@lru_cache(8192)
def _stems(text: str) -> str:
    """Stems with a space before and after each, so that a phrase is a substring: `` не работа почт ``."""
    return " " + "".join(stem(word) + " " for word in _WORD.findall(fold(text)))


def _pressure(written: str, defaults: Defaults) -> tuple[int, int, tuple[Reason, ...]]:
    folded = fold(written)
    urgency, impact = defaults.urgency, defaults.impact
    reasons: tuple[Reason, ...] = ()
    if _CAN_WAIT.search(folded):
        urgency = 3
    elif found := _URGENT.search(folded):
        urgency, reasons = 1, (Reason("urgent_words", 0, found.group()),)
    if found := _MANY.search(folded):
        impact, reasons = 1, (*reasons, Reason("many_people", 0, found.group()))
    return urgency, impact, reasons


def _kind(written: str) -> Kind:
    folded = fold(written)
    if _REQUEST.search(folded):
        return Kind.REQUEST
    return Kind.QUESTION if any(_QUESTION.match(line) for line in folded.splitlines()) else Kind.INCIDENT
