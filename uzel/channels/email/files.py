"""The files of a mail: what they are called, how big they are, which of them stand inside the text."""

import mimetypes
import re

from uzel.channelkit.events import File
from uzel.channels.email.headers import decode_words
from uzel.channels.email.source import Part

MAX_FILE = 50 * 1024 * 1024  # bytes after decoding
_TOO_BIG = (
    "Larger than 50 MB and not taken in: ask the sender for a link. · "
    "Больше 50 МБ и не принят: попросите отправителя прислать ссылку."
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\u202a-\u202e\u2066-\u2069]+")
_EXTENSIONS = {
    "text/calendar": ".ics",
    "application/ms-tnef": ".dat",
    "message/rfc822": ".eml",
    "image/jpeg": ".jpg",
    "text/plain": ".txt",
    "application/pgp-signature": ".asc",
    "application/pgp-keys": ".asc",
}


def is_file(part: Part) -> bool:
    """Whether a leaf is a file for people rather than the text of the mail or a machine's report."""
    if part.content_type in ("message/delivery-status", "message/feedback-report", "message/disposition-notification"):
        return False
    if part.disposition == "attachment" or file_name(part):
        return True
    return not part.content_type.startswith("text/") or part.content_type in (
        "text/calendar",
        "text/x-vcard",
        "text/vcard",
    )


def file_name(part: Part) -> str:
    """The declared name without folders and control signs, or an empty string."""
    name = part.disposition_params.get("filename") or part.params.get("name") or ""
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _UNSAFE.sub("_", " ".join(name.split())).strip(". ")[:200]


def read_file(part: Part, number: int) -> File:
    """The part as a file. One over the limit keeps everything but its content."""
    content_id = part.headers.raw("content-id").strip().strip("<>")
    size, content, problem = _estimated(part), None, _TOO_BIG
    if size <= MAX_FILE + 4:
        content = part.data()
        size, problem = len(content), ""
        if size > MAX_FILE:
            content, problem = None, _TOO_BIG
    return File(
        name=file_name(part) or _made_up(part, number),
        content_type=part.content_type,
        size=size,
        content=content,
        content_id=content_id,
        inline=(bool(content_id) and part.disposition != "attachment") or part.disposition == "inline",
        problem=problem,
    )


def _estimated(part: Part) -> int:
    """Bytes after decoding, without decoding."""
    size = len(part.body)
    if part.headers.raw("content-transfer-encoding").strip().lower() == "base64":
        line_ends = part.body.count(b"\n", 0, 4096) * size // max(1, min(size, 4096)) * 2
        return max(0, (size - line_ends) * 3 // 4)
    return size


def _made_up(part: Part, number: int) -> str:
    if part.content_type == "message/rfc822" and part.children:
        subject = decode_words(part.children[0].headers.raw("subject"))
        subject = _UNSAFE.sub("_", subject.replace("/", "_").replace("\\", "_")).strip(". ")[:100]
        return f"{subject or 'message'}.eml"
    extension = _EXTENSIONS.get(part.content_type) or mimetypes.guess_extension(part.content_type) or ".bin"
    stem = part.content_type.partition("/")[0]
    return f"{stem if stem in ('image', 'audio', 'video') else 'file'}-{number}{extension}"
