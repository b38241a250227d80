"""Each payload stands beside what must become of it: the mail as people read it, and the pipeline's events."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from uzel.channelkit.events import Event
from uzel.channels.email.cli import as_dict, parse_files
from uzel.channels.email.events import to_events
from uzel.channels.email.mail import parse_mail

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.eml"))
_LONG = ("text", "full_text", "html")  # the texts stand once, in the mail


def _short(event: Event) -> dict[str, Any]:
    short = {"type": type(event).__name__, **json.loads(msgspec.json.encode(event))}
    for name in _LONG:
        short.pop(name, None)
    for file in short.get("files", ()):
        file.pop("content")
    return short


@pytest.mark.parametrize("recorded", PAYLOADS, ids=lambda path: path.stem)
def test_recorded_mail_is_read_as_expected(recorded: Path) -> None:
    expected = json.loads(recorded.with_suffix(".expected.json").read_text("utf-8"))
    raw = recorded.read_bytes()

    mail = parse_mail(raw)

    assert as_dict(mail) == expected["mail"]
    assert [_short(event) for event in to_events(mail, raw)] == expected["events"]


def test_files_give_one_dictionary_each_and_a_missing_one_a_warning(tmp_path: Path) -> None:
    body = tmp_path / "body.txt"
    body.write_text("Готово\n\n01.04.2024 10:00, Поддержка пишет:\n> Проверьте\n", "utf-8")

    first, second, third = parse_files([PAYLOADS[0], body, tmp_path / "absent.eml"])

    assert first["message_id"]
    assert (second["reply_text"], second["quoted_text"]) == (
        "Готово",
        "01.04.2024 10:00, Поддержка пишет:\n> Проверьте",
    )
    assert third["warnings"]
    assert first.keys() == second.keys() == third.keys()
