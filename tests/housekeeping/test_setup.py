"""A new installation can take its first ticket and its first administrator."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connections

from uzel.domain.classify import Defaults, Moment, classify
from uzel.kernel.errors import Invalid
from uzel.services.signing_in import sign_in
from uzel.store import catalogue
from uzel.store.first_run import add_administrator, ensure_defaults
from uzel.store.models import Agent, Channel, Service, Team


def test_defaults_are_made_once_however_often_and_by_how_many(db: Any) -> None:
    def make() -> None:
        ensure_defaults()
        connections.close_all()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ensure_defaults()
    assert Team.objects.filter(is_default=True).count() == 1
    assert Channel.objects.filter(kind="portal").count() == 1
    assert Service.objects.count() == 8


def test_what_an_administrator_made_of_the_defaults_stays(db: Any) -> None:
    ensure_defaults()
    Service.objects.exclude(position=1).delete()
    Team.objects.update(name_ru="Наши")
    ensure_defaults()
    assert Service.objects.count() == 1
    assert Team.objects.get().name_ru == "Наши"


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("Не могу войти в систему, забыл пароль", "Account and access"),
        ("1С вылетает при проведении документа", "1C and business applications"),
        ("На втором этаже принтер не печатает", "Printing and scanning"),
        ("VPN does not connect from the hotel", "Network and remote work"),
        ("My laptop won't turn on", "Workplace"),
        ("Письма не уходят с утра", "Mail and calendar"),
    ],
)
def test_the_catalogue_knows_the_usual_troubles_in_both_languages(db: Any, text: str, service: str) -> None:
    ensure_defaults()
    catalogue.forget()
    known = catalogue.catalogue()
    labels = classify(
        "", text, topics=known.topics, defaults=Defaults(), moment=Moment(dt.datetime.now(dt.UTC), dt.UTC)
    )
    assert labels.service is not None
    assert known.services[labels.service].name_en == service


def test_an_administrator_signs_in_with_the_password_set_last(db: Any) -> None:
    ensure_defaults()
    assert add_administrator("Anna@Example.com", name="Анна", password="first-password") is True
    assert add_administrator("anna@example.com", name="", password="second-password") is False
    person_id, _ = sign_in(login="anna@example.com", password="second-password", ip="127.0.0.1", user_agent="")
    agent = Agent.objects.get(person_id=person_id)
    assert (agent.role, agent.person.name) == ("administrator", "Анна")
    assert Agent.objects.count() == 1


@pytest.mark.parametrize(("email", "password"), [("nobody", "long-enough-it-is"), ("a@example.com", "short")])
def test_an_administrator_needs_an_address_and_a_password_worth_the_name(db: Any, email: str, password: str) -> None:
    with pytest.raises(Invalid):
        add_administrator(email, name="", password=password)
