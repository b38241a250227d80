"""Cards of people and their addresses, kept by agents."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, Invalid, NotFound
from uzel.services.meeting import NewHandle, meet, normal_value
from uzel.services.rights import check_administrator, check_agent
from uzel.store.audit import record
from uzel.store.models import Agent, Handle, Organization, Person, Session

FIELDS = frozenset(
    {
        "name",
        "language",
        "time_zone",
        "organization_id",
        "preferred_channel",
        "quiet_from",
        "quiet_until",
        "is_provisional",
        "sees_organization",
    }
)


@transaction.atomic
def add_person(name: str, handle: NewHandle | None, *, organization_id: int | None = None, by: Actor) -> int:
    """A new card; gives its id. Raises Conflict when somebody has that address."""
    check_agent(by)
    if handle is not None:
        _check_free(handle)
    _check_organization(organization_id)
    person = meet(name, handle)
    if organization_id is not None:
        Person.objects.filter(id=person.id).update(organization=organization_id)
    record(by, "create", "person", person.id, None, {"name": person.name})
    return person.id


@transaction.atomic
def change_person(person_id: int, changes: dict[str, Any], *, by: Actor) -> int:
    """Change what is named. Who may read a whole organisation's tickets is the administrator's to decide."""
    check_agent(by)
    person = _get(person_id)
    if changes.keys() & {"sees_organization", "organization_id"} and _widens(person, changes):
        check_administrator(by)
    _check_organization(changes.get("organization_id"))
    if "name" in changes and not changes["name"].strip():
        raise Invalid("Give the person's name.", "Укажите имя человека.", fields={"name": "empty"})
    before = {name: getattr(person, name) for name in changes.keys() & FIELDS}
    for name in before:
        setattr(person, name, changes[name])
    person.save(update_fields=list(before) or None)
    record(by, "edit", "person", person.id, before, {name: changes[name] for name in before})
    return person.id


def _widens(person: Person, changes: dict[str, Any]) -> bool:
    """Whether the change lets the person see tickets of an organisation that they did not see before."""
    sees = changes.get("sees_organization", person.sees_organization)
    organization = changes.get("organization_id", person.organization_id)
    return (
        bool(sees)
        and organization is not None
        and (not person.sees_organization or organization != person.organization_id)
    )


@transaction.atomic
def add_handle(person_id: int, handle: NewHandle, *, is_shared: bool = False, by: Actor) -> int:
    """Another address, only claimed until it is proved; gives the person's id. Raises Conflict when it is taken."""
    check_agent(by)
    person = _get(person_id)
    if Agent.objects.filter(person=person).exists():
        check_administrator(by)
    _check_free(handle)
    added = Handle.objects.create(
        person=person,
        kind=handle.kind,
        value=normal_value(handle),
        shown=handle.value.strip(),
        is_shared=is_shared,
        evidence="entered by an agent",
    )
    record(by, "add_handle", "person", person.id, None, {"handle": added.id, "value": added.value})
    return person.id


@transaction.atomic
def end_handle(handle_id: int, *, by: Actor) -> int:
    """The address is not theirs any more; history keeps it. Gives the person's id. Sign-ins end with it."""
    check_agent(by)
    handle = Handle.objects.select_for_update().filter(id=handle_id).first()
    if handle is None:
        raise NotFound("There is no such contact.", "Такого контакта нет.")
    if Agent.objects.filter(person=handle.person_id).exists():
        check_administrator(by)
    if handle.valid_until is None:
        now = timezone.now()
        Handle.objects.filter(id=handle.id).update(valid_until=now)
        Session.objects.filter(person=handle.person_id, revoked_at=None).update(revoked_at=now)
        record(by, "end_handle", "person", handle.person_id, {"handle": handle.id, "value": handle.value}, None)
    return handle.person_id


def _get(person_id: int) -> Person:
    person = Person.objects.select_for_update().filter(id=person_id, merged_into=None).first()
    if person is None:
        raise NotFound(
            "There is no such person, or the card was merged. Search for them again.",
            "Такого человека нет, или карточка объединена. Найдите его заново.",
        )
    return person


def _check_free(handle: NewHandle) -> None:
    """Raises Conflict naming whoever has it already, so that the cards can be merged."""
    holder = (
        Person.objects.filter(handles__kind=handle.kind, handles__value=normal_value(handle), handles__valid_until=None)
        .values_list("id", "name")
        .first()
    )
    if holder is not None:
        raise Conflict(
            f"{holder[1]} (card {holder[0]}) has this address. Merge the cards if it is one person.",
            f"Этот контакт у человека {holder[1]} (карточка {holder[0]}). Если это один человек, объедините карточки.",
        )


def _check_organization(organization_id: int | None) -> None:
    if organization_id is not None and not Organization.objects.filter(id=organization_id).exists():
        raise Invalid("There is no such organisation.", "Такой организации нет.", fields={"organization_id": "unknown"})
