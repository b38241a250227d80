"""Why a rule decided so: a code for machines, a sentence in Russian and English for people."""

from collections.abc import Iterable

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One ground of a decision. ``points`` is what it added (0: it ruled, or set a limit); ``detail`` is data."""

    code: str
    points: int = 0
    detail: str = ""


# code: (English, Russian); {d} is the detail.
_TEXTS: dict[str, tuple[str, str]] = {
    # joining
    "token": ("carries our signed token", "содержит нашу подписанную метку"),
    "token_stranger": (
        "signed token, but the sender is not on the ticket",
        "подписанная метка есть, но отправитель не участник обращения",
    ),
    "reply": ("replies to a message of this ticket", "ответ на сообщение этого обращения"),
    "reply_stranger": (
        "quotes a message of this ticket, but the sender is not on it",
        "ссылается на сообщение обращения, но отправитель не участник",
    ),
    "thread": ("same running chat", "тот же текущий диалог"),
    "thread_idle": ("same chat, but it had gone quiet", "тот же диалог, но он прерывался"),
    "callee": ("called the owner of the ticket", "позвонил ответственному по обращению"),
    "recent_2h": ("last contact within 2 hours", "последний контакт не более 2 часов назад"),
    "recent_24h": ("last contact within 24 hours", "последний контакт не более суток назад"),
    "recent_72h": ("last contact within 72 hours", "последний контакт не более трёх суток назад"),
    "similar": ("similar words: {d}", "похожий текст: {d}"),
    "same_service": ("same service or asset", "та же услуга или оборудование"),
    "other_service": ("another service", "другая услуга"),
    "waiting": ("the ticket waits for this person", "обращение ждёт ответа этого человека"),
    "only_live": ("the only ticket in work of this person", "единственное обращение человека в работе"),
    "continues": ("goes on: “{d}”", "продолжение: «{d}»"),
    "thanks": ("thanks: “{d}”", "благодарность: «{d}»"),
    "sole_reference": ("can mean only this ticket", "речь может идти только об этом обращении"),
    "vague_reference": ("refers to something earlier without naming it", "ссылается на прежнее, не называя его"),
    "same_subject": ("reply mark and the same subject", "пометка ответа и та же тема"),
    "number": ("names the number {d}", "назван номер {d}"),
    "quoted_number": ("quotes our message about {d}", "цитирует наше сообщение об обращении {d}"),
    "number_doubtful": ("the number is of another service's ticket", "номер от обращения по другой услуге"),
    "number_elsewhere": ("names another ticket: {d}", "назван другой номер: {d}"),
    "number_not_yours": (
        "names {d}, which the sender is not on",
        "назван {d}, но отправитель не участник этого обращения",
    ),
    "contradicts": ("speaks of another one: {d}", "речь о другом: {d}"),
    "off_topic": ("nothing in common with this ticket", "нет ничего общего с обращением"),
    "new_topic": ("says it is another matter: “{d}”", "сам пишет, что вопрос другой: «{d}»"),
    "little_in_common": ("the words have too little in common", "в словах слишком мало общего"),
    "call_only_chain": (
        "a call, and this is the only ticket touched in 24 hours",
        "звонок, и это единственное обращение за сутки",
    ),
    "call_several": ("a call, and several tickets were touched in 24 hours", "звонок, а обращений за сутки несколько"),
    "call_no_text": ("a call says no topic by itself", "по звонку тема неизвестна"),
    "unproven": ("the sender's address is not proven", "адрес отправителя не подтверждён"),
    "shared_mailbox": ("several people use this address", "этим адресом пользуются несколько человек"),
    "ambiguous": ("another ticket fits almost as well", "другое обращение подходит почти так же"),
    "stale_done": ("done long enough ago that it may be a new case", "давно решено, случай может быть новым"),
    "reopening_over": ("the time for reopening is over", "срок возобновления прошёл"),
    "automatic": ("automatic mail opens and reopens nothing", "автоматическое письмо ничего не открывает"),
    "no_candidates": ("no open ticket of this person", "у человека нет открытых обращений"),
    "nothing_fits": ("no ticket of this person fits", "ни одно обращение человека не подходит"),
    # identity
    "exact_handle": ("this very address: {d}", "именно этот контакт: {d}"),
    "signature_handle": ("the text gives a known contact: {d}", "в тексте указан известный контакт: {d}"),
    "same_name": ("same name", "то же имя"),
    "same_domain": ("same organisation's domain: {d}", "домен той же организации: {d}"),
    "mentions_ticket": ("names a ticket of this person: {d}", "назвал обращение этого человека: {d}"),
    "similar_ticket": ("text like an open ticket of this person: {d}", "текст похож на обращение этого человека: {d}"),
    "unproven_handle": ("the address is only claimed", "контакт только заявлен"),
    # classification
    "keyword": ("keyword: {d}", "ключевое слово: {d}"),
    "channel_default": ("default of the channel", "значение по умолчанию для канала"),
    "urgent_words": ("says it is urgent: “{d}”", "пишет, что срочно: «{d}»"),
    "many_people": ("many people are hit: “{d}”", "затронуто много людей: «{d}»"),
    "deadline": ("has to be done by: “{d}”", "срок от пользователя: «{d}»"),
    # routing
    "owner_keeps": ("stays with its owner", "остаётся у ответственного"),
    "queue_keeps": ("stays in its queue", "остаётся в своей очереди"),
    "service_team": ("team of the service", "группа услуги"),
    "default_queue": ("default queue", "очередь по умолчанию"),
}


def explain(reason: Reason, language: str = "en") -> str:
    """One reason as a sentence without a full stop; ``language`` is ``ru`` or anything else for English."""
    english, russian = _TEXTS[reason.code]
    text = (russian if language == "ru" else english).replace("{d}", reason.detail)
    return f"{text} ({reason.points:+d})" if reason.points else text


def explain_all(reasons: Iterable[Reason], language: str = "en") -> str:
    """All reasons in one line, for a tooltip or a log."""
    return "; ".join(explain(reason, language) for reason in reasons)


def codes() -> frozenset[str]:
    """Every code that a decision may give."""
    return frozenset(_TEXTS)
