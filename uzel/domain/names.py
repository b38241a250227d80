"""Whether two display names may be of one person: order, patronymic, ё, initials and transliteration aside."""

import re
from functools import lru_cache

from uzel.domain.text import fold

_LETTERS = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
        "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    }
)  # fmt: skip

# Ways to write one sound with Latin letters; applied in order, then they all look alike.
_ALIKE = (
    (re.compile("shch|sch|sh"), "s"),
    (re.compile("ch|tch"), "c"),
    (re.compile("zh"), "z"),
    (re.compile("kh"), "h"),
    (re.compile("ts|tz"), "c"),
    (re.compile("ph"), "f"),
    (re.compile("x"), "ks"),
    (re.compile("w"), "v"),
    (re.compile("[yji]+([aeou])"), r"\1"),
    (re.compile("[yj]"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)
_LONGEST = 200  # characters; no name is longer, an attack may be
_WORD = re.compile(r"[a-zа-я]+")


@lru_cache(8192)
def name_parts(name: str) -> frozenset[str]:
    """The words of a name in a form that Russian and any transliteration of it share; initials are one letter."""
    words = []
    for word in _WORD.findall(fold(name[:_LONGEST]).translate(_LETTERS)):
        for pattern, alike in _ALIKE:
            word = pattern.sub(alike, word)
        words.append(word)
    return frozenset(words)


def same_name(one: str, other: str) -> bool:
    """Петров Иван = Иван Петров = Ivan Petrov = Петров Иван Сергеевич = И. Петров; a single word is no name."""
    mine, theirs = name_parts(one), name_parts(other)
    small, big = sorted((mine, theirs), key=lambda parts: (len(parts), sum(map(len, parts))))
    if len(small) < 2:
        return False
    long = {word for word in small if len(word) > 1}
    if not long <= big or not long:
        return False
    initials = [word for word in small if len(word) == 1]
    rest = {word[0] for word in big - long}
    return all(initial in rest for initial in initials)
