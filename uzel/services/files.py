"""Finished uploads become attachments of an entry."""

import uuid
from collections.abc import Sequence

from django.utils import timezone

from uzel.channelkit.contract import Capabilities
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid, TooLarge
from uzel.store.models import Attachment, Entry, Upload

MOST_FILES = 20


def get_uploads(ids: Sequence[uuid.UUID], *, by: Actor) -> list[Upload]:
    """The actor's own finished uploads, not used before, locked. Raises Invalid naming what is wrong."""
    if len(ids) > MOST_FILES:
        raise Invalid(
            f"At most {MOST_FILES} files go with one message. Send the rest with another one.",
            f"К сообщению прикладывается не больше {MOST_FILES} файлов. Остальные отправьте следующим.",
            fields={"uploads": "too many"},
        )
    found = {
        upload.id: upload
        for upload in Upload.objects.select_for_update()
        .filter(id__in=ids, person=by.person_id, used_at=None, blob__isnull=False)
        .order_by("id")
    }
    if len(found) < len(set(ids)):
        raise Invalid(
            "A file is not uploaded yet or was used already. Wait for the upload to end, or attach it again.",
            "Файл ещё не загружен или уже использован. Дождитесь конца загрузки или приложите его снова.",
            fields={"uploads": "not ready"},
        )
    return [found[id] for id in dict.fromkeys(ids)]


def check_files(uploads: Sequence[Upload], limits: Capabilities) -> None:
    """Raises TooLarge when the channel can't carry a file of that size."""
    for upload in uploads:
        if not limits.internal and upload.size > limits.max_file:
            limit = limits.max_file / (1 << 20)
            raise TooLarge(
                f"“{upload.name}” is over this channel's limit of {limit:g} MB. Send it by another channel.",
                f"«{upload.name}» больше предела канала ({limit:g} МБ). Отправьте его другим каналом.",
                fields={"uploads": upload.name},
            )


def attach(uploads: Sequence[Upload], entry: Entry) -> None:
    Attachment.objects.bulk_create(
        Attachment(
            entry=entry,
            blob_id=upload.blob_id,
            name=upload.name,
            content_type=upload.content_type,
            size=upload.size,
        )
        for upload in uploads
    )
    Upload.objects.filter(id__in=[upload.id for upload in uploads]).update(used_at=timezone.now())
