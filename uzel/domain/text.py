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
    r"^[ \t]*(?:--[ \t]*$|с уважением|с наилучшими|best regards|kind regards|regards,"
    r"|sent from my|отправлено (?:с|из)|get outlook)",
    re.IGNORECASE | re.MULTILINE,
)
_GREETING = re.compile(
    r"^\s*(?:добр\w+ (?:день|утро|вечер)|доброго дня|здравствуйте|привет|уважаем\w+"
    r"|hello|hi|hey|dear|good \w+)\b[^.!\n:?]{0,40}[.!,\n:]",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[a-zа-яё0-9,»\"] )[A-ZА-ЯЁ][a-zа-яё]{2,}")
_OWN_NUMBER = re.compile(r"u-\d+")
_NUMBER = re.compile(r"\d+")
_JOINER = re.compile(r"[-._]")
_LOGIN = re.compile(r"\b[a-z]\.[a-z]{3,}\b")
_HAS_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d")

_ONE_WORD = frozenset({"wi-fi", "вай-фай", "e-mail"})
_NAMES_WITHIN = 1000  # characters; further down stand quotes and logs, whose people are others

_local = threading.local()


class Digest(msgspec.Struct, frozen=True):
    """What a text speaks of: stem → weight, their sum, and the words that name one thing only."""

    weights: dict[str, float]
    mass: float
    entities: frozenset[str]
    shapes: dict[str, str]  # digits made alike → the word: srv-app9 → srv-app03, till 9 → till 3
    names: frozenset[str]  # of people, places, accounts
    products: frozenset[str]


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


_STOP = lexicon.STOP | frozenset(stem(word) for word in lexicon.STOP)
_GENERIC = frozenset(stem(word) for word in lexicon.GENERIC)
_PRODUCTS = _rows(lexicon.PRODUCTS)
_PRODUCT_TERMS = frozenset(_PRODUCTS.values())
_SYNONYMS = _rows(lexicon.SYNONYMS)


def _weigh_number(token: str) -> tuple[str, float]:
    if len(token) >= 4 and not _YEAR.fullmatch(token):
        return "#" + token, ENTITY_WEIGHT
    return "#" + token, _ROOM_WEIGHT if len(token) == 3 else _SMALL_NUMBER_WEIGHT


@lru_cache(65536)
def _terms(token: str) -> tuple[tuple[str, float], ...]:
    """What one token stands for, with weights; nothing for a stop word, several for words joined by a hyphen.

    Joined words stay whole only when a digit or a domain makes them one name.
    """
    if _OWN_NUMBER.fullmatch(token):
        return ()  # the number of a ticket says which one, not what about
    if token in _ONE_WORD:
        parts = [token.replace("-", "")]
    elif _HAS_DIGIT.search(token) or not _JOINER.search(token) or _is_domain(token):
        parts = [token]
    else:
        parts = _JOINER.split(token)
    return tuple(term for part in parts if (term := _weigh(part)) is not None)


def _weigh(token: str) -> tuple[str, float] | None:
    if token in _STOP:
        return None
    if token.isdigit():
        return _weigh_number(token)
    root = stem(token)
    if root in _PRODUCTS:
        return _PRODUCTS[root], PRODUCT_WEIGHT
    if _HAS_DIGIT.search(token):
        return "#" + token, ENTITY_WEIGHT if len(token) >= 4 else _SMALL_NUMBER_WEIGHT
    if root in _SYNONYMS:
        return _SYNONYMS[root], PLAIN_WEIGHT
    if root in _STOP or len(token) < 2:
        return None
    return root, GENERIC_WEIGHT if root in _GENERIC else PLAIN_WEIGHT


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
    weights: dict[str, float] = {}
    numbered: set[str] = set()
    names: set[str] = set()
    for part, factor in ((subject, SUBJECT_FACTOR), (own_words(text), 1.0)):
        part = part[:MAX_CHARS]
        before = ""
        for token in _TOKEN.findall(fold(part)):
            for term, weight in _terms(token):
                if weight * factor > weights.get(term, 0.0):
                    weights[term] = weight * factor
            if token.isdigit() and len(token) <= 3 and len(before) >= 3 and before not in _STOP:
                numbered.add(f"{stem(before)} {token}")  # till 3, room 305
            before = token
        opening = part[:_NAMES_WITHIN]
        names.update(stem(fold(name)) for name in _NAME.findall(opening))
        names.update(_LOGIN.findall(opening))
    entities = frozenset(t for t, w in weights.items() if w >= ENTITY_WEIGHT and t[0] == "#")
    return Digest(
        weights=weights,
        mass=sum(weights.values()),
        entities=entities,
        shapes={_NUMBER.sub("9", entity): entity for entity in sorted(entities | numbered)},
        names=frozenset(names - _STOP - _GENERIC - _PRODUCTS.keys()),
        products=frozenset(_PRODUCT_TERMS & weights.keys()),
    )


# The least weight of words that a likeness is measured against: two short texts that share one
# word are not "the same".
_FLOOR = 2.0


def shared_mass(one: Digest, other: Digest) -> float:
    """The weight of the words in common."""
    small, big = one.weights, other.weights
    if len(small) > len(big):
        small, big = big, small
    return sum(min(weight, big[term]) for term, weight in small.items() if term in big)


def likeness(one: Digest, other: Digest) -> float:
    """0..1: how much of the shorter text the longer one holds, by weight. 0 when either says nothing."""
    if not one.weights or not other.weights:
        return 0.0
    shared = shared_mass(one, other)
    low, high = min(one.mass, other.mass), max(one.mass, other.mass)
    return min(1.0, shared / max(_FLOOR, 0.75 * low + 0.25 * min(high, 3 * low)))


def shared_terms(one: Digest, other: Digest, limit: int = 4) -> tuple[str, ...]:
    """The weightiest words in common, for people to read."""
    common = sorted(one.weights.keys() & other.weights.keys(), key=lambda t: (-one.weights[t], t))
    return tuple(term.lstrip("#=") for term in common[:limit])


def contradicts(one: Digest, other: Digest) -> tuple[str, str] | None:
    """Two names of one sort that differ (hosts, orders, guests), or None; also None when a unique one is shared."""
    if one.entities & other.entities:
        return None
    for shape in sorted(one.shapes.keys() & other.shapes.keys()):
        if one.shapes[shape] != other.shapes[shape]:
            return one.shapes[shape].lstrip("#"), other.shapes[shape].lstrip("#")
    for mine, theirs in ((one.names, other.names), (one.products, other.products)):
        if mine and theirs and not mine & theirs:
            return min(mine).lstrip("="), min(theirs).lstrip("=")
    return None
