"""Which parts of a mail are its text, which are its files."""

import re
from html import escape

import msgspec

from uzel.channelkit.events import File
from uzel.channels.email.files import is_file, read_file
from uzel.channels.email.html import html_to_text
from uzel.channels.email.source import Part

MAX_TEXT = 5_000_000  # characters kept of a text


class Bodies(msgspec.Struct):
    """``plain`` and ``html`` are the text in two forms, either may be empty; ``attached`` are whole mails inside."""

    plain: list[str] = []
    html: list[str] = []
    files: list[Part] = []
    attached: list[Part] = []

    def text(self) -> str:
        """The text for reading and cutting; from the HTML when the plain form is missing or only says so."""
        plain = "\n".join(self.plain)
        if plain.strip() and not (self.html and _only_a_note(plain)):
            return plain
        return html_to_text("\n".join(self.html)) if self.html else plain

    def markup(self) -> str:
        return "\n".join(self.html)

    def read_files(self) -> tuple[File, ...]:
        return tuple(read_file(part, number) for number, part in enumerate(self.files, 1))


_NOTE = re.compile(r"\bhtml\b|view (?:this|the) (?:e-?mail|message)|браузер|формате html", re.I)


def _only_a_note(plain: str) -> bool:
    """«Your mail program does not support HTML.»"""
    return len(plain) < 300 and bool(_NOTE.search(plain)) and plain.count("\n") < 6


def read_bodies(root: Part) -> Bodies:
    bodies = Bodies([], [], [], [])
    _collect(root, bodies, top=True)
    return bodies


def _collect(part: Part, bodies: Bodies, *, top: bool = False) -> None:
    kind = part.content_type
    if kind == "multipart/alternative" and part.children:
        _alternative(part, bodies)
    elif kind.startswith("multipart/") and part.children:
        for child in part.children:
            _collect(child, bodies)
    elif kind in ("message/rfc822", "message/global"):
        bodies.attached.append(part)
        bodies.files.append(part)
    elif is_file(part) and not (top and kind.startswith("text/") and part.disposition != "attachment"):
        bodies.files.append(part)
    elif kind.startswith("text/"):
        _add_text(part.text()[:MAX_TEXT], bodies, html=kind == "text/html")


def _add_text(text: str, bodies: Bodies, *, html: bool) -> None:
    """One more piece of text behind what there is; where both forms are kept, both get it."""
    if html:
        if bodies.plain:
            bodies.plain.append(html_to_text(text))
        bodies.html.append(text)
        return
    if bodies.html and not bodies.plain:
        bodies.plain.append(html_to_text(bodies.markup()))
    bodies.plain.append(text)
    if bodies.html:
        bodies.html.append(f"<pre>{escape(text)}</pre>")


def _alternative(part: Part, bodies: Bodies) -> None:
    """Forms of one and the same text: take the plain one and the last HTML one, and the files of each."""
    found = Bodies([], [], [], [])
    for child in part.children:
        one = Bodies([], [], [], [])
        _collect(child, one)
        if one.html:
            found.html = one.html
        if (one.plain and not one.html and not "".join(found.plain).strip()) or (one.plain and not found.plain):
            found.plain = one.plain
        found.files.extend(one.files)
        found.attached.extend(one.attached)
    if found.html and not found.plain and bodies.plain:
        found.plain = [html_to_text("\n".join(found.html))]
    bodies.plain.extend(found.plain)
    bodies.html.extend(found.html)
    bodies.files.extend(found.files)
    bodies.attached.extend(found.attached)
