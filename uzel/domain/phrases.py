"""What people say when they go on about something, begin something else, or only say thanks. Russian and English."""

import re

from uzel.domain.text import MAX_CHARS, fold

NUMBER = re.compile(r"\bU-\d{1,12}\b")

_CONTINUES = re.compile(
    r"\b(?:по[- ]прежнему|до сих пор|вс[её] (?:еще|равно|так же|также)|так и (?:не|нет|вис)|опять|снова|не помогло"
    r"|то же самое|(?:в )?дополнени[ея]|уточнени[ея]|как (?:и )?(?:просили|договаривались|обещали)"
    r"|предыдущ\w+ (?:письм|обращен|сообщен)\w*"
    r"|(?:забыл\w*|не) (?:прил|влож|прикреп)\w+|(?:есть|какие) новости|что (?:там|с|по|у нас с)|что слышно"
    r"|когда (?:будет|почин|исправ|привез|готов|решит|сдела|закон)\w*|по (?:обращению|заявке|тикету)"
    r"|к (?:заявке|заказу)"
    r"|напомина\w+|отмените|отменить|(?:уже |больше )?не (?:нужен|нужна|нужно|нужны|актуально)|неактуально"
    r"|писал\w* (?:вам|вчера|утром|ранее|выше)|еще раз|повторно|ускорьте|перезагрузил\w*|еще ид[её]т)\b"
    r"|\b(?:still|again|any (?:news|updates?|progress)|as (?:requested|discussed|agreed)|follow(?:ing)?[- ](?:our|up)"
    r"|forgot (?:the|to)|my (?:earlier|previous|last) (?:e?-?mail|message)"
    r"|it(?:'|’)?s been|status of|where(?: is|'s) my"
    r"|no longer need|cancel|not (?:resolved|fixed|yet)|didn(?:'|’)?t help|restarted)\b"
)
_OTHER_TOPIC = re.compile(
    r"\b(?:друг(?:ой|ая|ую) (?:вопрос|проблем|тем)\w*|еще (?:один|одна|одну) (?:вопрос|проблем|просьб)\w*|еще вопрос"
    r"|не связано с|не относится к|нов(?:ый|ая|ую) (?:вопрос|проблем|тем)\w*|по другому (?:вопросу|поводу)"
    r"|отдельный вопрос)\b"
    r"|\b(?:new (?:issue|problem|question|topic)|another (?:issue|problem|question|topic)|unrelated"
    r"|different (?:issue|question|topic)"
    r"|separate (?:issue|question))\b"
)
_THANKS = re.compile(
    r"\b(?:спасибо|благодар\w+|пасиб\w*|спс|вс[её] (?:за)?работа\w+|теперь работает|помогло"
    r"|thanks?|thank you|thx|works now|appreciated)\b"
)
_COMPLAINS = re.compile(
    r"\?|\bне (?:помогло|работает|открыва|заработал)"
    r"|\b(?:но|однако|but|however)\b|n(?:'|’)t\b"
)


def continues(text: str) -> str | None:
    """The words by which a text points back to something already reported, or None."""
    found = _CONTINUES.search(fold(text))
    return found.group() if found else None


def other_topic(text: str) -> str | None:
    """The words by which a text announces another matter, or None."""
    found = _OTHER_TOPIC.search(fold(text))
    return found.group() if found else None


def thanks(text: str) -> str | None:
    """The words of thanks, or None; "not working, thanks in advance" still counts: see ``only_thanks``."""
    found = _THANKS.search(fold(text))
    return found.group() if found else None


def thanks_before_other_topic(text: str) -> bool:
    """ "Thanks for that. Another question:" belongs to both matters; "new problem, thanks" only to the new one."""
    folded = fold(text)
    polite, other = _THANKS.search(folded), _OTHER_TOPIC.search(folded)
    return polite is not None and other is not None and polite.start() < other.start()


def only_thanks(text: str) -> bool:
    """Thanks and nothing that wants an answer."""
    return len(text) <= 200 and thanks(text) is not None and not _COMPLAINS.search(fold(text))


def ticket_numbers(*texts: str) -> frozenset[str]:
    """Numbers like ``U-10482`` that the texts name, in upper case."""
    likely = [text[:MAX_CHARS].upper() for text in texts]
    return frozenset(number for text in likely if "U-" in text for number in NUMBER.findall(text))
