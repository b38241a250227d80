"""Reads the labelled situations and plays them against the rule.

Each row was written as a scene that a careful dispatcher judges, label and all, before the rule was tuned.
Tuning looks at ``dev`` only; ``held`` is measured and printed, never looked into.
"""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from uzel.domain.joining import Contact, Decision, JoinPolicy, OpenTicket, Proof, Verdict, decide
from uzel.domain.statuses import Status

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
HERE = Path(__file__).parent

_PEOPLE = {"unknown": None, "anna": 1, "boris": 2, "chief": 3, "petrov1": 4, "petrov2": 5}
_AGENTS = {"s1": 101, "s2": 102}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_REPLY_MARK = re.compile(r"^\s*(?:re|отв|ha)\s*:\s*", re.IGNORECASE)


class Situation(msgspec.Struct, frozen=True):
    id: str
    story: str
    tags: list[str]
    contact: Contact
    tickets: list[OpenTicket]
    verdict: Verdict
    ticket: int | None
    follows: int | None

    def play(self) -> Decision:
        return decide(self.contact, self.tickets, JoinPolicy(), NOW)


def _ago(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    return NOW - dt.timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _service(name: str | None) -> int | None:
    return None if name is None else sum(ord(letter) * 31**n for n, letter in enumerate(name))


def _ticket(row: dict[str, Any]) -> OpenTicket:
    last = _ago(row["last"])
    assert last is not None
    return OpenTicket(
        id=row["id"],
        number=f"U-{row['id']}",
        subject=str(row.get("s", "")),
        text=row.get("x", ""),
        requester=_PEOPLE[row.get("who", "anna")] or 0,
        status=Status(row.get("st", "open")),
        last_contact_at=last,
        last_entry_at=last,
        participants=frozenset(_PEOPLE[name] or 0 for name in row.get("cc", ())),
        owner=_AGENTS.get(row.get("owner", "")),
        service=_service(row.get("svc")),
        resolved_at=_ago(row.get("resolved")),
        closed_at=_ago(row.get("closed")),
    )


def _contact(row: dict[str, Any]) -> Contact:
    subject = str(row.get("s", ""))
    return Contact(
        sender=_PEOPLE[row.get("by", "anna")],
        proof=Proof[row.get("proof", "proven").upper()],
        subject=_REPLY_MARK.sub("", subject),
        text=row.get("x", ""),
        quoted=row.get("quoted", ""),
        sent_at=_ago(row.get("sent")),
        is_call=row.get("call", False),
        is_reply_subject=bool(_REPLY_MARK.match(subject)),
        automatic=row.get("auto", False),
        shared=row.get("shared", False),
        service=_service(row.get("svc")),
        token_ticket=row.get("token"),
        reply_tickets=tuple(row.get("replies", ())),
        thread_ticket=row.get("thread"),
        callee=_AGENTS.get(row.get("callee", "")),
    )


def situations(part: str) -> Iterator[Situation]:
    """The situations of ``dev`` or ``held``."""
    for file in sorted((HERE / part).glob("*.yaml")):
        for row in yaml.safe_load(file.read_text("utf-8")):
            verdict, *rest = row["want"].split()
            yield Situation(
                id=row["id"],
                story=row["story"],
                tags=row["tags"],
                contact=_contact(row["c"]),
                tickets=[_ticket(ticket) for ticket in row["t"]],
                verdict=Verdict(verdict),
                ticket=int(rest[-1]) if verdict == "join" else None,
                follows=int(rest[-1]) if "follows" in rest else None,
            )
