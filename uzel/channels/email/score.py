"""``uzel mail score``: how many of a corpus' expectations the parser meets.

A corpus is a folder with ``manifest.jsonl``: one row for each file with ``file``, ``kind`` (mime, text, html) and
``expect``. What a row does not expect is not counted.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

from uzel.channels.email.charset import to_text
from uzel.channels.email.cli import as_dict
from uzel.channels.email.mail import Mail, parse_body, parse_mail

_SPACES = re.compile(r"\s+")
_REPLY = re.compile(r"parse_reply\(|^(?:mail|message)\.(?:reply|latest_reply|replies\[0\]\.body)(?:\.strip\(\))?$")
_CHECK = re.compile(r"to\.(\d)\.address")

Outcome = tuple[str, bool]


def score(folder: Path | str) -> dict[str, Any]:
    """Counts by expectation: {"fields": {name: {"met", "of", "percent", "missed"}}, "mails", "crashes", …}."""
    base = Path(folder)
    met: dict[str, list[bool]] = defaultdict(list)
    missed: dict[str, list[str]] = defaultdict(list)
    crashes: list[str] = []
    rows = [json.loads(line) for line in (base / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    started = process_time()
    for row in rows:
        try:
            outcomes = list(_judge(row, _parsed(base, row)))
        except Exception as error:  # a crash is what is counted here
            crashes.append(f"{row['file']}: {error!r}")
            continue
        for name, good in outcomes:
            met[name].append(good)
            if not good:
                missed[name].append(row["file"])
    return {
        "fields": {name: _line(met[name], missed[name]) for name in sorted(met)},
        "mails": len(rows),
        "crashes": crashes,
        "ms_per_mail": round((process_time() - started) * 1000 / max(1, len(rows)), 3),
    }


def table(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Rows for printing: expectation, met of all, percent."""
    rows = [(name, f"{one['met']} / {one['of']}", f"{one['percent']:.1f} %") for name, one in result["fields"].items()]
    return [*rows, ("crashes", f"{len(result['crashes'])} / {result['mails']}", f"{result['ms_per_mail']} ms a mail")]


def _line(outcomes: list[bool], missed: list[str]) -> dict[str, Any]:
    good = sum(outcomes)
    return {"met": good, "of": len(outcomes), "percent": round(100 * good / len(outcomes), 2), "missed": missed}


def _parsed(base: Path, row: dict[str, Any]) -> Mail:
    raw = (base / row["file"]).read_bytes()
    kind = row.get("kind", "mime")
    if kind == "mime":
        return parse_mail(raw)
    subjects = row["expect"].get("outer_subjects") or [""]
    return parse_body(to_text(raw), html=kind == "html", subject=subjects[0])


def _judge(row: dict[str, Any], mail: Mail) -> Iterator[Outcome]:
    expect, got = row["expect"], as_dict(mail)
    if "reply_text" in expect:
        yield "reply_text", _reply_met(expect, got["reply_text"])
    for what, how, value in expect.get("reply_checks", ()):
        if _REPLY.search(what):
            yield "reply_checks", _check_met(how, str(value), got["reply_text"])
    yield from _judge_bounce(expect, got["automatic"])
    yield from _judge_forward(expect, got["forwarded"])
    for name in ("from", "subject", "message_id", "date", "name"):
        if isinstance(expect.get(name), str):
            yield name, _plain(got[name] or "") == _plain(expect[name])
    if isinstance(expect.get("attachments"), int | list):
        wanted = expect["attachments"] if isinstance(expect["attachments"], int) else len(expect["attachments"])
        yield "attachments", len(got["attachments"]) == wanted


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _reply_met(expect: dict[str, Any], got: str) -> bool:
    how, wanted, reply = expect.get("how", ""), expect["reply_text"], got
    if "START" in how:
        return _plain(reply).startswith(_plain(wanted))
    if "RE_WHITESPACE" in how:
        return _SPACES.sub("", reply) == _SPACES.sub("", wanted)
    return _plain(reply) == _plain(wanted)


def _check_met(how: str, value: str, reply: str) -> bool:
    wanted, got = _plain(value), _plain(reply)
    return {"==": wanted == got, "contains": wanted in got, "not_contains": wanted not in got}.get(how, True)


_AUTOMATIC = {
    "bounce": ("bounce",),
    "feedback_report": ("bounce",),
    "auto_reply": ("auto-reply",),
    "auto": ("auto-reply", "list"),
}


def _judge_bounce(expect: dict[str, Any], got: dict[str, Any]) -> Iterator[Outcome]:
    kind = expect.get("class")
    if kind in ("bounce", "feedback_report"):
        yield "bounce recognised", got["kind"] == "bounce"
    elif kind in _AUTOMATIC:
        yield "automatic reply recognised", got["kind"] in _AUTOMATIC[kind]
    if kind not in ("bounce", "feedback_report") or not got.get("failures"):
        return
    for number, (status, code, reason, hard) in enumerate(expect.get("bounce", ())):
        failure = got["failures"][min(number, len(got["failures"]) - 1)]
        yield "bounce code", failure["code"] == code
        yield "bounce status", failure["status"] == status
        yield "bounce hard or soft", failure["permanent"] == hard
        yield "bounce reason", failure["reason"] == reason


def _judge_forward(expect: dict[str, Any], got: dict[str, Any] | None) -> Iterator[Outcome]:
    if expect.get("forwarded") is False:
        yield "no false forward", got is None
        return
    wanted = expect.get("forward")
    if not wanted:
        return
    found = got or {"from": "", "name": "", "subject": "", "to": [], "date": None}
    yield "forward recognised", got is not None
    yield "forward sender", [found["from"], found["name"]] == list(wanted["from"]) or found["from"] == wanted["from"]
    yield "forward date", found["date"] is not None
    if wanted.get("subject") and found["subject"]:
        yield "forward subject", found["subject"] == wanted["subject"]
    if wanted.get("to") and found["to"]:
        yield "forward recipients", found["to"] == [one if isinstance(one, str) else one[0] for one in wanted["to"]]
    for name, value in expect.get("forward_checks", ()):
        match = _CHECK.fullmatch(name)
        if match and found["to"]:
            yield "forward recipients", found["to"][int(match.group(1)) : int(match.group(1)) + 1] == [value]
