"""Secrets of channels leave by no answer, no audit line and no log, whatever an administrator asks for."""

import json
import re
from typing import Any

import pytest

from tests.callers import page_of
from tests.security.hidden import Hidden
from uzel.api.app import api
from uzel.api.openapi import document
from uzel.channelkit.registry import installed_channels
from uzel.store.channels import MASK, account
from uzel.store.models import AuditRecord, Channel

PATHS: dict[str, Any] = json.loads(document(api))["paths"]
SECRET_FIELDS = [
    (kind, field.name)
    for kind, module in installed_channels().items()
    for field in module.SETTINGS
    if field.type == "secret"
]
WORD = "h0rse-battery-staple"


def set_up(kind: str, field: str) -> tuple[Any, int, Hidden]:
    hidden = Hidden()
    page = page_of(hidden.insider.person)
    needed = {one.name: "x@example.org" for one in installed_channels()[kind].SETTINGS if one.required}
    made = page.post("/channels", {"kind": kind, "name": "tested", "settings": needed | {field: WORD}})
    assert made.status_code == 201, made.content
    return page, int(made.json()["id"]), hidden


@pytest.mark.parametrize(("kind", "field"), SECRET_FIELDS)
def test_a_channel_s_secret_is_nowhere_to_be_read(
    kind: str, field: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    page, channel_id, hidden = set_up(kind, field)
    page.patch(f"/channels/{channel_id}", {"name": "else", "settings": {field: MASK}})
    assert account(channel_id).settings[field] == WORD, "the mask leaves it as it is"
    told = [path for path, methods in PATHS.items() if "get" in methods and WORD in _text(page.get(hidden.path(path)))]
    assert told == []
    assert WORD not in json.dumps(list(AuditRecord.objects.values("before", "after")))
    assert WORD not in json.dumps(Channel.objects.get(id=channel_id).settings), "encrypted at rest"
    assert WORD not in caplog.text + "".join(capfd.readouterr())


def test_there_are_secrets_to_look_for() -> None:
    assert len(SECRET_FIELDS) >= 2


def _text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(r"\s+", " ", content.decode("utf-8", "replace"))


def test_a_secret_entered_for_one_server_is_not_told_to_another() -> None:
    hidden = Hidden()
    page = page_of(hidden.insider.person)
    settings = {"address": "x@example.org", "imap_host": "imap.example.org", "password": WORD}
    channel = page.post("/channels", {"kind": "email", "name": "tested", "settings": settings}).json()["id"]

    for stolen in ({"imap_host": "evil.example"}, {"imap_host": "evil.example", "password": MASK}):
        answer = page.patch(f"/channels/{channel}", {"settings": stolen})
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {"password"})
    assert account(channel).settings["imap_host"] == "imap.example.org"

    for fine in (
        {"imap_host": "imap.example.org", "password": MASK, "address": "y@example.org"},
        {"imap_host": "imap2.example.org", "password": "another"},
        {"imap_host": "imap3.example.org", "password": ""},
    ):
        assert page.patch(f"/channels/{channel}", {"settings": fine}).status_code == 200
