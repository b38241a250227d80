"""``uzel mail parse`` and ``uzel mail score``: mails as plain data, and how well they are understood."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from uzel.channelkit.events import Address, Automatic
from uzel.channels.email.charset import to_text
from uzel.channels.email.mail import Mail, parse_body, parse_mail
from uzel.channels.email.source import looks_like_mail

app = typer.Typer(
    help="Mails as Uzel reads them. / Письма глазами Uzel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = {"mail": app}

_HTML_MARKS = (b"<html", b"<!doctype html", b"<body", b"<div", b"<p>", b"<p ", b"<table", b"<br", b"<blockquote", b"</")


@app.command()
def parse(files: Annotated[list[Path], typer.Argument(help="Raw mails or saved bodies.")]) -> None:
    """One JSON line per mail. / Строка JSON на каждое письмо."""
    many = len(files) > 20
    for one in track(parse_files(files), "mails", total=len(files), disable=not many, console=Console(stderr=True)):
        typer.echo(json.dumps(one, ensure_ascii=False))


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(help="Mails with a manifest.jsonl of what is expected.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """How many expectations of a corpus are met. / Сколько ожиданий набора писем выполнено."""
    from uzel.channels.email.score import score as count
    from uzel.channels.email.score import table

    if not (folder / "manifest.jsonl").is_file():
        typer.echo(f"{folder}: no manifest.jsonl here. Name the folder that holds it. / Нет manifest.jsonl.", err=True)
        raise typer.Exit(1)
    result = count(folder)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    shown = Table("expectation / ожидание", "met / выполнено", "%")
    for row in table(result):
        shown.add_row(*row)
    Console().print(shown)


def parse_files(paths: Iterable[Path | str]) -> Iterator[dict[str, Any]]:
    """One dictionary for each file, in order. A file that can't be read gives one with a warning."""
    for path in paths:
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            yield as_dict(Mail(warnings=(f"{path}: {error.strerror or error}",)))
            continue
        yield as_dict(parse_any(raw, path.suffix if isinstance(path, Path) else Path(path).suffix))


def parse_any(raw: bytes, suffix: str = "") -> Mail:
    """A mail, or when it has no mail's head the text or HTML of one. ``suffix`` of the file name helps to tell."""
    if suffix.lower() in (".html", ".htm") and not looks_like_mail(raw):
        return parse_body(to_text(raw), html=True)
    if suffix.lower() in (".eml", ".msg") or looks_like_mail(raw) or not raw.strip():
        return parse_mail(raw)
    return parse_body(to_text(raw), html=_is_html(raw))


def _is_html(raw: bytes) -> bool:
    start = raw[:3000].lower()
    return start.lstrip().startswith(b"<") and any(mark in start for mark in _HTML_MARKS)


def as_dict(mail: Mail) -> dict[str, Any]:
    """The same keys for every mail; dates in ISO 8601, None where there is nothing."""
    sender = mail.sender
    return {
        "from": sender.value if sender else "",
        "name": sender.name if sender else "",
        "to": _written(mail.to),
        "cc": _written(mail.cc),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "references": list(dict.fromkeys((*mail.references, *mail.in_reply_to))),
        "text": mail.text,
        "reply_text": mail.reply_text,
        "quoted_text": mail.quoted_text,
        "attachments": [{"name": file.name, "type": file.content_type, "size": file.size} for file in mail.files],
        "automatic": _automatic(mail),
        "forwarded": _forwarded(mail),
        "warnings": list(mail.warnings),
    }


def _written(addresses: tuple[Address, ...]) -> list[str]:
    return [address.value for address in addresses]


def _automatic(mail: Mail) -> dict[str, Any]:
    """``code`` is the SMTP reply, ``status`` the enhanced one (its stand-in X.0.9NN when none was given).

    ``permanent`` is true when the address itself is dead («hard»); of several recipients the first stands here,
    all of them in ``failures``.
    """
    if mail.bounce is None or mail.automatic is not Automatic.BOUNCE:
        return {"kind": mail.automatic.value}
    failures = [
        {
            "code": failure.code,
            "status": failure.known_status,
            "permanent": failure.hard,
            "type": "hard" if failure.hard else "soft",
            "recipient": failure.recipient,
            "reason": failure.reason.name,
            "text": failure.words,
        }
        for failure in mail.bounce.failures
    ]
    first = failures[0] if failures else {}
    ids = mail.bounce.original_ids
    return {
        "kind": mail.automatic.value,
        **first,
        "original_message_id": ids[0] if ids else "",
        "failures": failures,
    }


def _forwarded(mail: Mail) -> dict[str, Any] | None:
    found = mail.forwarded
    if found is None:
        return None
    return {
        "from": found.sender.value,
        "name": found.sender.name,
        "to": _written(found.to),
        "subject": found.subject,
        "date": found.date.isoformat() if found.date else None,
    }
