"""What every written entry has in common: it is not empty, and a retry with the same client key writes it once."""

import uuid

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid
from uzel.store.models import Entry, ReadMark
from uzel.store.sql import Query, run

MOST_TEXT = 200_000  # characters

_LOCK_KEY = Query("lock_client_key", "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))")


def check_text(text: str, *, has_files: bool = False, limit: int = MOST_TEXT) -> str:
    """The text without the white space around it. Raises Invalid when there is nothing or too much of it."""
    text = text.strip()
    if not text and not has_files:
        raise Invalid(
            "There is nothing to send yet. Write a text or attach a file.",
            "Отправлять пока нечего. Напишите текст или приложите файл.",
            fields={"text": "empty"},
        )
    if len(text) > limit:
        raise Invalid(
            f"The text is longer than {limit} characters. Shorten it or send it as a file.",
            f"Текст длиннее {limit} знаков. Сократите его или отправьте файлом.",
            fields={"text": "too long"},
        )
    return text


def one_line(text: str) -> str:
    """Without line breaks: a subject becomes the header of a mail."""
    return " ".join(text.split())


def find_written(client_key: uuid.UUID | None, *, person_id: int) -> Entry | None:
    """The entry that an earlier try of the same message wrote. Holds other tries back until the transaction ends."""
    if client_key is None:
        return None
    run(_LOCK_KEY, {"key": f"{person_id} {client_key}"})
    return Entry.objects.filter(person=person_id, client_key=client_key).first()


def mark_read(ticket_id: int, entry_id: int, *, by: Actor) -> None:
    """Whoever wrote the newest entry has read up to it."""
    ReadMark.objects.bulk_create(
        [ReadMark(person_id=by.person_id, ticket_id=ticket_id, entry_id=entry_id)],
        update_conflicts=True,
        unique_fields=["person", "ticket"],
        update_fields=["entry_id"],
    )
