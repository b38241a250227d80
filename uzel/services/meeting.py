"""Finding the person behind a handle, or meeting them for the first time."""

import msgspec

from uzel.kernel.errors import Invalid
from uzel.kernel.handles import normal_handle
from uzel.store.models import Handle, Person


class NewHandle(msgspec.Struct, frozen=True):
    kind: str
    value: str


def find_or_meet(person_id: int | None, name: str, handle: NewHandle | None) -> Person:
    """The known person, whoever holds the handle now, or a new person with it. Raises Invalid."""
    if person_id is not None:
        return get_person(person_id)
    if handle is None:
        return meet(name, None)
    holder = (
        Person.objects.filter(
            handles__kind=handle.kind,
            handles__value=normal_value(handle),
            handles__valid_until=None,
        )
        .select_related("organization")
        .first()
    )
    return holder or meet(name, handle)


def meet(name: str, handle: NewHandle | None) -> Person:
    """A new person; the handle is only claimed: an agent typed it, nobody proved it."""
    name = " ".join(name.split())[:200] or (handle.value if handle else "")
    if not name:
        raise Invalid("Give the person's name.", "Укажите имя человека.", fields={"name": "empty"})
    person = Person.objects.create(name=name)
    if handle is not None:
        Handle.objects.create(
            person=person,
            kind=handle.kind,
            value=normal_value(handle),
            shown=handle.value.strip(),
            evidence="entered by an agent",
        )
    return person


def get_person(person_id: int) -> Person:
    """The person, or the one they were merged into. Raises Invalid when there is none."""
    person = Person.objects.filter(id=person_id).first()
    seen: set[int] = set()
    while person is not None and person.merged_into_id is not None and person.id not in seen:
        seen.add(person.id)
        person = Person.objects.filter(id=person.merged_into_id).first()
    if person is None:
        raise Invalid(
            "There is no such person. Search for them again.",
            "Такого человека нет. Найдите его заново.",
            fields={"person_id": "unknown"},
        )
    return person


def normal_value(handle: NewHandle) -> str:
    """Raises Invalid for a handle that is none."""
    value = normal_handle(handle.kind, handle.value)
    if not handle.kind or not value or len(value) > 320 or (handle.kind == "email" and "@" not in value.strip("@")):
        raise Invalid(
            "This is not an address that anybody can be reached at. Check its spelling.",
            "По такому адресу никого не найти. Проверьте написание.",
            fields={"handle": "not an address"},
        )
    return value
