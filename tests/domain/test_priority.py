import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.domain.priority import CRITICAL, DEFAULT_MATRIX, LOW, NAMES, NORMAL, priority_of, read_matrix
from uzel.kernel.errors import Invalid

levels = st.integers(1, 3)


def test_the_corners_of_the_default_matrix() -> None:
    assert (priority_of(1, 1), priority_of(2, 2), priority_of(3, 3)) == (CRITICAL, NORMAL, LOW)
    assert set(NAMES) == {1, 2, 3, 4}


@given(levels, levels, levels)
def test_a_worse_case_never_has_a_lower_priority(impact: int, urgency: int, other: int) -> None:
    assert priority_of(min(impact, other), urgency) <= priority_of(impact, urgency)
    assert priority_of(impact, min(urgency, other)) <= priority_of(impact, urgency)


def test_an_edited_matrix_is_used() -> None:
    matrix = read_matrix([[1, 1, 2], [1, 2, 3], [2, 3, 4]])

    assert priority_of(1, 2, matrix) == CRITICAL
    assert read_matrix([list(row) for row in DEFAULT_MATRIX]) == DEFAULT_MATRIX


@pytest.mark.parametrize(
    "rows",
    [[[1, 2, 3]], [[1, 2], [2, 3], [3, 4]], [[1, 2, 9], [2, 3, 4], [3, 4, 4]], [[2, 1, 3], [2, 3, 4], [3, 4, 4]]],
)
def test_a_matrix_with_holes_or_upside_down_is_refused_with_words(rows: list[list[int]]) -> None:
    with pytest.raises(Invalid) as refused:
        read_matrix(rows)
    assert refused.value.ru != refused.value.en


@pytest.mark.parametrize(("impact", "urgency"), [(0, 1), (1, 4)])
def test_levels_outside_the_scale_are_an_error(impact: int, urgency: int) -> None:
    with pytest.raises(ValueError, match="1, 2 or 3"):
        priority_of(impact, urgency)
