"""Scores on a corpus of other projects' mails must not sink; outside this machine's workshop there is none."""

from pathlib import Path

import pytest

from uzel.channels.email.score import score, table

CORPUS = Path(__file__).parents[5] / "shared" / "data" / "mail"

FLOORS = {
    "automatic reply recognised": 100.0,
    "bounce code": 97.0,
    "bounce hard or soft": 94.0,
    "bounce reason": 86.0,
    "bounce recognised": 99.3,
    "bounce status": 92.0,
    "forward date": 98.8,
    "forward recipients": 100.0,
    "forward sender": 98.8,
    "forward subject": 100.0,
    "no false forward": 100.0,
    "reply_checks": 78.0,
    "reply_text": 90.0,
}


@pytest.mark.skipif(not (CORPUS / "manifest.jsonl").exists(), reason="the mail corpus is not on this machine")
def test_scores_on_the_corpus_do_not_sink() -> None:
    result = score(CORPUS)

    assert result["crashes"] == []
    reached = {name: one["percent"] for name, one in result["fields"].items()}
    assert {name: reached[name] for name, floor in FLOORS.items() if reached[name] < floor} == {}
    assert len(table(result)) == len(result["fields"]) + 1


def test_corpus_of_ones_own_is_scored(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"From: ivan@example.com\nSubject: Scan\n\nDone\n\n> Please scan\n")
    (tmp_path / "manifest.jsonl").write_text(
        '{"file": "a.eml", "kind": "mime", "expect": '
        '{"reply_text": "Done", "from": "ivan@example.com", "subject": "Fax"}}\n'
    )

    fields = score(tmp_path)["fields"]

    assert {name: (one["met"], one["of"]) for name, one in fields.items()} == {
        "from": (1, 1),
        "reply_text": (1, 1),
        "subject": (0, 1),
    }
    assert fields["subject"]["missed"] == ["a.eml"]
