"""Mails for benches: 3 kB with text and HTML, one in ten with a 100 kB file, three in ten answering earlier ones."""

import random
from email.message import EmailMessage

_TEXT = (
    "Добрый день, коллеги!\n\nС утра не открывается 1С:Бухгалтерия на рабочем месте {n}. После входа появляется "
    "сообщение «Сеанс работы завершён администратором», код {code}. Перезагрузка не помогла, кабель проверил, "
    "у соседей по кабинету всё работает. Очень нужно сегодня до обеда: сдаём отчёт.\n\n"
    "Что уже сделал: вышел и вошёл снова, проверил место на диске, попробовал тонкий клиент. Снимок экрана могу "
    "прислать отдельно. Телефон для связи 204.\n\n--\nСотрудник {n}\nОтдел продаж, организация {org}\n"
)
FILE_SIZE = 100_000


def make_mail(number: int, *, people: int, tickets: int, seed: int = 1) -> bytes:
    """One raw mail. ``people`` and ``tickets`` say how far the loaded database reaches."""
    rng = random.Random(number * 7919 + seed)  # noqa: S311 - repeatable, not secret
    person = 1 + rng.randrange(people)
    mail = EmailMessage()
    mail["From"] = f"Сотрудник {person} <user{person}@org{1 + person % 100}.example>"
    mail["To"] = "support@desk.example"
    mail["Subject"] = f"Не открывается 1С на месте {number}"
    mail["Message-ID"] = f"<bench-{seed}-{number}@org.example>"
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0300"
    if number % 10 < 3:
        _answer(mail, rng, person, people, tickets)
    text = _TEXT.format(n=number, code=rng.randrange(10_000), org=1 + person % 100)
    mail.set_content(text, charset="utf-8", cte="8bit")
    paragraphs = "".join(f"<p style='margin:0'>{line}</p>" for line in text.split("\n") if line)
    mail.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html", charset="utf-8", cte="8bit")
    if number % 10 == 9:
        mail.add_attachment(rng.randbytes(FILE_SIZE), maintype="image", subtype="png", filename=f"снимок-{number}.png")
    return mail.as_bytes()


def _answer(mail: EmailMessage, rng: random.Random, person: int, people: int, tickets: int) -> None:
    """Quote the last mail of one of the person's own tickets: ids as store.bulk numbers them."""
    first = 20_001 + (person - 1 - 20_001) % people
    if first <= 20_000 + tickets:
        mine = first + people * rng.randrange(max(1, (20_000 + tickets - first) // people + 1))
        mail["In-Reply-To"] = f"<{mine * 4 + 2}@bulk.example>"
        mail["References"] = f"<{mine * 4}@bulk.example> <{mine * 4 + 2}@bulk.example>"
