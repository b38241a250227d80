"""How much two texts speak of the same thing. Pure, Russian and English, a fraction of a millisecond per pair.

Words are stemmed; greetings, signatures and stop words are dropped; what names one thing only (error codes, host
names, order and serial numbers) weighs most, small talk of a service desk least.
"""

import re
import threading
from functools import lru_cache

import msgspec
import Stemmer

from uzel.domain import lexicon

MAX_CHARS = 6000  # beyond it a text is a log or a quote, and its words would drown the rest

ENTITY_WEIGHT = 3.0
PRODUCT_WEIGHT = 1.6
PLAIN_WEIGHT = 1.0
GENERIC_WEIGHT = 0.25
SUBJECT_FACTOR = 1.5
_ROOM_WEIGHT = 1.5  # three digits: a room, an error number; tells apart but is often shared by chance
_SMALL_NUMBER_WEIGHT = 0.2

_TOKEN = re.compile(r"[0-9a-zа-я]+(?:[-._][0-9a-zа-я]+)*")
_SIGNATURE = re.compile(
    r"^\s*(?:--\s*$|с уважением|с наилучшими|best regards|kind regards|regards,|sent from my|отправлено (?:с|из)|get outlook)",
    re.IGNORECASE | re.MULTILINE,
)
_GREETING = re.compile(
    r"^\s*(?:добр\w+ (?:день|утро|вечер)|доброго дня|здравствуйте|привет|уважаем\w+|hello|hi|hey|dear|good \w+)\b[^.!\n:?]{0,40}[.!,\n:]",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-zа-яё0-9,»\"] )[A-ZА-ЯЁ][a-zа-яё]{2,}")
_NUMBERED = re.compile(r"([a-zа-я]{3,}) (?:№ ?|n ?)?(\d{1,3})(?![\d:.,]\d|\d)")  # till 3, room 305
_OWN_NUMBER = re.compile(r"\bu-\d+\b", re.IGNORECASE)
_SHAPE = re.compile(r"\d+")
_HAS_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d")

_local = threading.local()


class Digest(msgspec.Struct, frozen=True):
    """What a text speaks of: stem → weight, their sum, and the words that name one thing only."""

    weights: dict[str, float]
    mass: float
    entities: frozenset[str]
    names: frozenset[str]


def fold(text: str) -> str:
    """Lower case with ё as е: the form that all word lists and phrases here are written in."""
    return text.casefold().replace("ё", "е")


def _stemmers() -> tuple[Stemmer.Stemmer, Stemmer.Stemmer]:
    """One pair per thread: the C objects keep state between calls and must not be shared."""
    if not hasattr(_local, "pair"):
        _local.pair = (Stemmer.Stemmer("russian"), Stemmer.Stemmer("english"))
    pair: tuple[Stemmer.Stemmer, Stemmer.Stemmer] = _local.pair
    return pair


@lru_cache(65536)
def stem(word: str) -> str:
    """The stem of one folded word; Cyrillic by Russian rules, anything else by English ones."""
    russian, english = _stemmers()
    return str((english if word.isascii() else russian).stemWord(word))


def _rows(rows: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    return {stem(word): "=" + row[0] for row in rows for word in row}


_STOP = frozenset(lexicon.STOP) | frozenset(stem(word) for word in lexicon.STOP)
_GENERIC = frozenset(stem(word) for word in lexicon.GENERIC)
_PRODUCTS = _rows(lexicon.PRODUCTS)
_SYNONYMS = _rows(lexicon.SYNONYMS)


def _number(token: str) -> tuple[str, float]:
    if len(token) >= 4 and not _YEAR.fullmatch(token):
        return "#" + token, ENTITY_WEIGHT
    return "#" + token, _ROOM_WEIGHT if len(token) == 3 else _SMALL_NUMBER_WEIGHT


@lru_cache(65536)
def _weigh(token: str) -> tuple[str, float] | None:
    """The term that a token stands for with its weight, or None when it says nothing."""
    if token in _STOP:
        return None
    if token.isdigit():
        return _number(token)
    root = stem(token)
    if root in _PRODUCTS:
        return _PRODUCTS[root], PRODUCT_WEIGHT
    if _HAS_DIGIT.search(token):
        return ("#" + token, ENTITY_WEIGHT) if len(token) >= 4 else ("#" + token, _SMALL_NUMBER_WEIGHT)
    if root in _SYNONYMS:
        return _SYNONYMS[root], PLAIN_WEIGHT
    if root in _STOP or len(token) < 2:
        return None
    return root, GENERIC_WEIGHT if root in _GENERIC else PLAIN_WEIGHT


def _tokens(folded: str) -> list[str]:
    """Words; those joined by a hyphen or dot stay whole only when a digit or a domain makes them one name."""
    found: list[str] = []
    for token in _TOKEN.findall(folded):
        if token in {"wi-fi", "вай-фай"}:
            found.append("wifi")
        elif _HAS_DIGIT.search(token) or not re.search(r"[-._]", token) or _is_domain(token):
            found.append(token)
        else:
            found += re.split(r"[-._]", token)
    return found


def _is_domain(token: str) -> bool:
    return "." in token and token.isascii() and len(token.rpartition(".")[2]) in (2, 3)


def own_words(text: str) -> str:
    """``text`` without its greeting, its signature and what lies beyond the limit."""
    text = text[:MAX_CHARS]
    signature = _SIGNATURE.search(text)
    if signature and signature.start() > 0:
        text = text[: signature.start()]
    return _GREETING.sub("", text, count=1)


@lru_cache(8192)
def digest(subject: str, text: str) -> Digest:
    """What ``subject`` and ``text`` speak of together; a word of the subject weighs half as much again."""
    body, subject = own_words(text), _OWN_NUMBER.sub(" ", subject)
    body = _OWN_NUMBER.sub(" ", body)
    weights: dict[str, float] = {}
    for part, factor in ((subject, SUBJECT_FACTOR), (body, 1.0)):
        for token in _tokens(fold(part)):
            term = _weigh(token)
            if term is not None:
                weights[term[0]] = max(weights.get(term[0], 0.0), term[1] * factor)
    numbered = {
        f"{stem(word)} {number}"
        for part in (subject, body)
        for word, number in _NUMBERED.findall(fold(part))
        if word not in _STOP
    }
    names = frozenset(stem(fold(name)) for part in (subject, body) for name in _NAME.findall(part))
    return Digest(
        weights=weights,
        mass=sum(weights.values()),
        entities=frozenset(t for t, w in weights.items() if t.startswith("#") and w >= ENTITY_WEIGHT) | numbered,
        names=frozenset(name for name in names if name not in _PRODUCTS and name not in _STOP),
    )


# The least weight of words that a likeness is measured against: two short texts that share one
# word are not "the same".
_FLOOR = 2.0


def likeness(one: Digest, other: Digest) -> float:
    """0..1: how much of the shorter text the longer one holds, by weight. 0 when either says nothing."""
    if not one.weights or not other.weights:
        return 0.0
    small, big = (one, other) if len(one.weights) <= len(other.weights) else (other, one)
    shared = sum(min(weight, big.weights[term]) for term, weight in small.weights.items() if term in big.weights)
    low, high = min(one.mass, other.mass), max(one.mass, other.mass)
    return min(1.0, shared / max(_FLOOR, 0.75 * low + 0.25 * min(high, 3 * low)))


def shared_terms(one: Digest, other: Digest, limit: int = 4) -> tuple[str, ...]:
    """The weightiest words in common, for people to read."""
    common = sorted(one.weights.keys() & other.weights.keys(), key=lambda t: (-one.weights[t], t))
    return tuple(term.lstrip("#=") for term in common[:limit])


def contradicts(one: Digest, other: Digest) -> tuple[str, str] | None:
    """A pair of names of the same sort that differ (two hosts, two orders, two guests), when nothing unique is shared."""
    if one.entities & other.entities:
        return None
    shapes = {_SHAPE.sub("9", entity): entity for entity in sorted(other.entities)}
    for entity in sorted(one.entities):
        if _SHAPE.sub("9", entity) in shapes:
            return entity.lstrip("#"), shapes[_SHAPE.sub("9", entity)].lstrip("#")
    if one.names and other.names and not one.names & other.names:
        return min(one.names), min(other.names)
    return None
