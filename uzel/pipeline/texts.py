"""What Uzel itself writes to people, in their language. An address that proved nothing gets none of its own words
back: whoever forges a sender must not be able to mail a stranger through us."""

RECEIVED_SUBJECT = {
    "ru": "Обращение {number} принято",
    "en": "Ticket {number} received",
}
RECEIVED = {
    "ru": (
        "Здравствуйте!\n\n"
        "Мы получили ваше обращение и дали ему номер {number}. Специалист ответит вам на этот адрес.\n"
        "Чтобы что-то добавить, просто ответьте на это письмо: всё встанет в одно обращение, и объяснять заново "
        "ничего не придётся.\n"
    ),
    "en": (
        "Hello,\n\n"
        "We have received your message. Its number is {number}, and a specialist will answer you here.\n"
        "To add anything, just answer this mail: it all stays in one ticket, and you will not have to explain "
        "anything twice.\n"
    ),
}


def in_language(texts: dict[str, str], language: str, **values: str) -> str:
    """The text in ``language``, English for languages that have none."""
    return texts.get(language, texts["en"]).format(**values)
