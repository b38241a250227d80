"""Telling that somebody has read, and who is looking or writing right now."""

from django.db import transaction

from uzel.domain.permissions import Actor
from uzel.store.announce import announce
from uzel.store.models import Person
from uzel.store.queries.reading import mark_read_up_to
from uzel.store.reach import find_root


@transaction.atomic
def read_up_to(number: int, entry_id: int, *, by: Actor) -> None:
    """Everything up to this entry is read. Repeating it, or naming an older one, changes nothing."""
    moved = mark_read_up_to(number, entry_id, by)
    if moved is not None:
        announce("read", moved, internal=True, person_id=by.person_id, entry_id=entry_id)


@transaction.atomic
def show_presence(number: int, state: str, *, by: Actor) -> None:
    """Tell the others at the desk what the actor does with this ticket right now. Nothing is kept."""
    found = find_root(number, by)
    if found.is_desk:
        name = Person.objects.values_list("name", flat=True).get(id=by.person_id)
        announce("presence", found.id, internal=True, person_id=by.person_id, name=name, state=state)
