"""A check against words that nobody here chose: random pairs of real tickets, as if one person sent both."""

import csv
import datetime as dt
import gzip
import random
from collections import defaultdict
from pathlib import Path

import pytest

from tests.joining.situations import NOW
from uzel.domain.joining import Contact, JoinPolicy, OpenTicket, Proof, Verdict, decide
from uzel.domain.statuses import Status

DATA = Path(__file__).parents[3] / "shared/data/tickets/it_tickets_en_train.csv.gz"
PAIRS = 600


@pytest.mark.skipif(not DATA.exists(), reason="the corpus of real tickets is not on this machine")
@pytest.mark.parametrize(
    ("hours", "service", "most"), [(20, None, 0.02), (60, None, 0.02), (1, None, 0.07), (20, 1, 0.10), (1, 1, 0.12)]
)
def test_two_different_real_tickets_of_one_kind_are_seldom_joined(hours: int, service: int | None, most: float) -> None:
    """With a service set this is the worst case: eight services for everything, names and numbers stripped."""
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        by_label: dict[str, list[str]] = defaultdict(list)
        for row in csv.DictReader(file):
            by_label[row["label"]].append(row["text"])
    chance = random.Random(2026)
    at = NOW - dt.timedelta(hours=hours)
    joined = 0
    for _ in range(PAIRS):
        first, second = chance.sample(by_label[chance.choice(sorted(by_label))], 2)
        ticket = OpenTicket(
            id=1, number="U-1", subject=first[:40], text=first, requester=1, status=Status.OPEN,
            last_contact_at=at, last_entry_at=at, service=service,
        )  # fmt: skip
        message = Contact(sender=1, proof=Proof.PROVEN, subject=second[:40], text=second, service=service)
        joined += decide(message, [ticket], JoinPolicy(), NOW).verdict is Verdict.JOIN

    assert joined / PAIRS <= most
