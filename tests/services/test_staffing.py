"""Whoever is made an agent can come in, and nobody else by it."""

import pytest

from tests.services.desk import Desk
from uzel.kernel.errors import Invalid
from uzel.services.staffing import add_agent
from uzel.store.models import Agent, Handle, Person


def newcomer(*addresses: str) -> Person:
    person = Person.objects.create(name="Новый Сотрудник")
    for address in addresses:
        Handle.objects.create(person=person, kind="email", value=address, shown=address)
    return person


def test_the_administrators_word_proves_the_one_address_of_a_new_agent(desk: Desk) -> None:
    person = newcomer("new@example.org")
    add_agent(person.id, "agent", [desk.team.id], by=desk.root)

    assert Handle.objects.get(person=person).proof == 3


@pytest.mark.parametrize("addresses", [(), ("one@example.org", "two@far.example")])
def test_somebody_without_one_sure_address_is_not_made_an_agent(desk: Desk, addresses: tuple[str, ...]) -> None:
    person = newcomer(*addresses)
    with pytest.raises(Invalid):
        add_agent(person.id, "agent", [], by=desk.root)

    assert not Agent.objects.filter(person=person).exists()
    assert not Handle.objects.filter(person=person, proof=3).exists()
