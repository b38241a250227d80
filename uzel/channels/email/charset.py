"""Bytes to text whatever the sender's program claims: wrong, unknown and missing charsets, Russian ones first."""

import codecs
import re
from functools import lru_cache

# Names seen in real mail that Python's codec registry does not know.
_ALIASES = {
    "ansi_x3.110-1983": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
    "x-user-defined": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-cp1251": "cp1251",
    "x-cp866": "cp866",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "koi8": "koi8-r",
    "koi8r": "koi8-r",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "x-gbk": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "cp-850": "cp850",
    "iso-2022-jp": "iso2022_jp_ext",
    # Browsers and mail programs alike read these two as their Windows supersets.
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
}
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "mac-cyrillic")
# Share of each letter in running Russian text, in thousandths; enough to tell the four Cyrillic tables apart.
_LETTERS = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_FREQUENCIES = (
    *(110, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19),
    *(17, 17, 16, 16, 14, 12, 10, 9, 7, 6, 5, 4, 3, 3, 1, 1),
)
_SHARES = dict(zip(_LETTERS, _FREQUENCIES, strict=True))
_HIGH_WORD = re.compile(rb"[A-Za-z]{0,40}[\x80-\xff]+[A-Za-z\x80-\xff]{0,40}")
_SAMPLE = 4000


@lru_cache(256)
def known_charset(name: str) -> str:
    """The Python codec for a charset name from a mail, or an empty string when there is none that makes text."""
    name = name.strip().strip("'\"").lower().replace(" ", "")
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):  # ValueError: a null byte in the name
        return ""
    # "rot13", "base64" and the like are codecs too, but no charsets.
    return info.name if info._is_text_encoding else ""


def to_text(data: bytes, charset: str = "") -> str:
    """``data`` as text. Never raises; what can't be known is guessed, what can't be read becomes U+FFFD."""
    if not data:
        return ""
    known = known_charset(charset) if charset else ""
    if b"\x1b$" in data and known in ("", "ascii"):  # Japanese that shifts between tables says so by itself
        known = "iso2022_jp_ext"
    for name in (known, "utf-8") if known not in ("", "ascii") else ("utf-8",):
        try:
            return data.decode(name).removeprefix("\ufeff")
        except (UnicodeError, ValueError):
            continue
    if known and _nearly(data, known):
        return data.decode(known, "replace")
    return data.decode(guess_charset(data), "replace")


def _nearly(data: bytes, name: str) -> bool:
    """The declared charset reads all but a little of it: a cut-off letter, one stray byte."""
    if name in ("ascii", "utf-7"):
        return False
    text = data[:_SAMPLE].decode(name, "replace")
    return text.count("\ufffd") <= max(2, len(text) // 50)


def guess_charset(data: bytes) -> str:
    """The likeliest charset of text that declares none: UTF-16 by its mark, UTF-8, a Cyrillic table, else Western."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    sample = data[:_SAMPLE]
    if sample.decode("utf-8", "replace").count("\ufffd") <= len(sample) // 200:
        return "utf-8"
    words = b" ".join(_HIGH_WORD.findall(sample))
    high = sum(byte >= 0x80 for byte in words)
    letters = sum(64 < byte < 123 for byte in words)
    best = max(_CYRILLIC, key=lambda name: _likeness(words, name))
    # A Western word has a lone accent or two; a Cyrillic word is high bytes all through.
    return best if high > letters and _likeness(words, best) > 0 else "cp1252"


def _likeness(sample: bytes, name: str) -> float:
    """How much it reads like Russian: common letters raise it, symbols and capitals inside words lower it."""
    text = sample.decode(name, "replace")
    score = 0.0
    previous = " "
    for letter in text:
        if letter >= "\x80":
            score += _SHARES.get(letter, 0) or 0.8 * _SHARES.get(letter.lower(), 0)
            if letter.isupper() and previous.islower():
                score -= 80
            elif not letter.isalpha() and letter not in "«»—–№ …“”":
                score -= 60
        previous = letter
    return score
