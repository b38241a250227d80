import re
from pathlib import Path

from uzel.domain import reasons
from uzel.domain.joining_types import DEFAULT_POINTS
from uzel.domain.reasons import Reason, codes, explain, explain_all

SOURCES = Path(reasons.__file__).parent.glob("*.py")


def test_every_reason_that_a_rule_gives_has_words_in_both_languages() -> None:
    given = {code for file in SOURCES for code in re.findall(r'(?:Reason|_points)\("(\w+)"', file.read_text("utf-8"))}

    assert given | set(DEFAULT_POINTS) <= codes()
    for code in codes():
        english, russian = explain(Reason(code), "en"), explain(Reason(code), "ru")
        assert not re.search("[а-яё]", english)
        assert re.search("[а-яё]", russian)


def test_points_and_details_are_shown() -> None:
    both = (Reason("number", 55, "U-7"), Reason("off_topic", -20))

    assert explain_all(both) == "names the number U-7 (+55); nothing in common with this ticket (-20)"
    assert explain(both[0], "ru") == "назван номер U-7 (+55)"
