"""Merging without losing the way back: where a redirect leads, and what an undo moves back. Set logic only."""

from collections.abc import Mapping

import msgspec

from uzel.kernel.errors import Conflict


def root(redirects: Mapping[int, int], number: int) -> int:
    """The ticket (or person) that ``number`` is now, following redirects to their end.

    A cycle can't be made through ``check_merge``; if one is there all the same (two merges at once, a hand in the
    database), everybody on it gets the same answer, its lowest number, so that nothing hangs and nothing splits.
    """
    seen = [number]
    while (after := redirects.get(seen[-1])) is not None:
        if after in seen:
            return min(seen[seen.index(after) :])
        seen.append(after)
    return seen[-1]


def check_merge(redirects: Mapping[int, int], source: int, target: int) -> int:
    """The root that ``source`` may be merged into. Raises Conflict when they are one already."""
    if source in redirects:
        raise Conflict(
            "This has been merged already. Open what it was merged into.",
            "Это уже объединено. Откройте то, с чем оно объединено.",
        )
    end = root(redirects, target)
    if end == source:
        raise Conflict(
            "These two are one already. Choose another to merge with.",
            "Это одно и то же. Выберите, с чем объединить.",
        )
    return end


class MergeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge moved from ``source`` to ``target``, kept for the undo."""

    source: int
    target: int
    entries: frozenset[int] = frozenset()
    threads: frozenset[int] = frozenset()
    participants: frozenset[int] = frozenset()  # only those that the target did not have before


class EntryPlace(msgspec.Struct, frozen=True):
    """Where an entry stands now, by which thread it came, and who wrote it (None: the desk)."""

    ticket: int
    thread: int | None = None
    person: int | None = None


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back to the source; everything else stays."""

    entries: frozenset[int]
    threads: frozenset[int]
    participants: frozenset[int]


def undo(record: MergeRecord, entries: Mapping[int, EntryPlace], threads: Mapping[int, int]) -> Undo:
    """What an undo moves back now. ``entries`` and ``threads`` say where things are (thread id → ticket id).

    Goes back: what the merge moved and nobody moved on since, and what came later through a thread that goes back,
    for it continues the source's conversation. Stays: what somebody has since split off elsewhere, and what came
    through the target's own threads. A participant whom the merge added leaves unless their words stay behind.
    """
    returning = frozenset(thread for thread in record.threads if threads.get(thread) == record.target)
    going = frozenset(
        number
        for number, place in entries.items()
        if place.ticket == record.target and (number in record.entries or place.thread in returning)
    )
    staying = {
        place.person for number, place in entries.items() if place.ticket == record.target and number not in going
    }
    return Undo(entries=going, threads=returning, participants=frozenset(record.participants - staying))
