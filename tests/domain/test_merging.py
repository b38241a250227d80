import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.domain.merging import EntryPlace, MergeRecord, check_merge, root, undo
from uzel.kernel.errors import Conflict

numbers = st.integers(1, 8)


@given(st.dictionaries(numbers, numbers), numbers)
def test_a_redirect_always_ends_and_all_on_one_way_end_alike(redirects: dict[int, int], number: int) -> None:
    end = root(redirects, number)

    assert root(redirects, end) == end
    if number in redirects:
        assert root(redirects, redirects[number]) == end


@given(st.lists(st.tuples(numbers, numbers), max_size=12))
def test_merges_that_were_checked_never_make_a_cycle(merges: list[tuple[int, int]]) -> None:
    redirects: dict[int, int] = {}
    for source, target in merges:
        try:
            redirects[source] = check_merge(redirects, source, target)
        except Conflict:
            continue

    assert all(root(redirects, number) not in redirects for number in range(1, 9))


def test_merging_what_is_one_already_is_refused_with_words() -> None:
    with pytest.raises(Conflict) as same:
        check_merge({2: 1}, 1, 2)
    with pytest.raises(Conflict) as gone:
        check_merge({2: 1}, 2, 3)
    assert same.value.ru != gone.value.ru
    assert check_merge({2: 1}, 3, 2) == 1


RECORD = MergeRecord(
    source=1, target=2, entries=frozenset({11, 12}), threads=frozenset({71}), participants=frozenset({5, 6})
)


def test_undo_brings_back_what_was_moved_and_what_came_through_its_threads_since() -> None:
    places = {
        11: EntryPlace(2, 71, 5),
        12: EntryPlace(3, 71),  # split off elsewhere since
        13: EntryPlace(2, 71),  # came after the merge by the source's thread
        21: EntryPlace(2, 72, 6),  # the target's own conversation
    }
    back = undo(RECORD, places, {71: 2, 72: 2})

    assert back.entries == {11, 13}
    assert back.threads == {71}
    assert back.participants == {5}  # 6 has words that stay


def test_a_thread_that_was_moved_on_stays_where_it_is_now() -> None:
    back = undo(RECORD, {11: EntryPlace(2, 71), 13: EntryPlace(2, 71)}, {71: 3})

    assert back.entries == {11}
    assert not back.threads


places = st.dictionaries(
    st.integers(10, 20), st.builds(EntryPlace, st.integers(2, 3), st.none() | st.integers(70, 72), st.none() | numbers)
)


@given(places, st.dictionaries(st.integers(70, 72), st.integers(2, 3)), st.frozensets(st.integers(10, 20)))
def test_undo_takes_nothing_from_other_tickets_and_loses_nothing(
    entries: dict[int, EntryPlace], threads: dict[int, int], moved: frozenset[int]
) -> None:
    record = MergeRecord(source=1, target=2, entries=moved, threads=frozenset({71}))
    back = undo(record, entries, threads)

    assert all(entries[number].ticket == 2 for number in back.entries)
    assert moved & {number for number, place in entries.items() if place.ticket == 2} <= back.entries
