"""What an installation needs before its first ticket: a team, Uzel's own channel, a catalogue, an administrator."""

import tomllib
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from uzel.channelkit.registry import installed_channels
from uzel.domain.passwords import check_password_choice
from uzel.kernel.config import load_config
from uzel.kernel.errors import Invalid
from uzel.kernel.handles import EMAIL, normal_email
from uzel.store.models import Account, Agent, Category, Channel, Handle, Person, Service, Team, TeamMember
from uzel.store.models.people import Proof
from uzel.store.sql import Query, run
from uzel.store.wording import in_our_language

_DEFAULTS = Path(__file__).with_name("defaults.toml")
_LOCK = Query("lock_setup", "SELECT pg_advisory_xact_lock(hashtext('uzel setup'))")


@transaction.atomic
def ensure_defaults() -> None:
    """Make what is missing; leave alone whatever an administrator made of it. Safe to repeat and to race."""
    run(_LOCK, {})
    defaults = tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))
    team = _default_team(defaults["team"])
    _own_channels()
    if not Service.objects.exists():
        for position, service in enumerate(defaults["services"], 1):
            _add_service(service, position, team)


def _default_team(names: dict[str, str]) -> Team:
    team = Team.objects.filter(is_default=True, is_active=True).first() or Team.objects.filter(is_active=True).first()
    if team is None:
        return Team.objects.create(name_ru=names["ru"], name_en=names["en"], is_default=True)
    if not team.is_default:
        team.is_default = True
        team.save(update_fields=["is_default"])
    return team


def _own_channels() -> None:
    """One of every kind that lives in Uzel itself: nobody has to configure it, so nobody may be asked to."""
    for kind, module in installed_channels().items():
        if module.CAPABILITIES.internal and not Channel.objects.filter(kind=kind).exists():
            Channel.objects.create(kind=kind, name=in_our_language("Portal", "Портал"))


def _add_service(given: dict[str, Any], position: int, team: Team) -> None:
    service = Service.objects.create(
        name_ru=given["ru"], name_en=given["en"], keywords=given["keywords"], position=position, team=team
    )
    for one in given["categories"]:
        Category.objects.create(
            service=service, name_ru=one["ru"], name_en=one["en"], keywords=one["keywords"], kind=one["kind"]
        )


@transaction.atomic
def add_administrator(email: str, *, name: str, password: str) -> bool:
    """Make the holder of ``email`` an administrator who signs in with ``password``; False if they were one before.

    For whoever has the machine: a forgotten password is set anew this way as well. Raises Invalid.
    """
    value = normal_email(email)
    if "@" not in value.strip("@"):
        raise Invalid("This is not an e-mail address.", "Это не адрес почты.", fields={"email": "not an address"})
    check_password_choice(password, login=email)
    person = _holder(value, email, name)
    was = Agent.objects.filter(person=person, role="administrator", is_active=True).exists()
    agent, _ = Agent.objects.update_or_create(person=person, defaults={"role": "administrator", "is_active": True})
    team = Team.objects.filter(is_default=True).first()
    if team is not None:
        TeamMember.objects.get_or_create(agent=agent, team=team)
    hashed = make_password(password)
    Account.objects.update_or_create(
        person=person, defaults={"login": email.strip().lower(), "password": hashed, "is_active": True}
    )
    return not was


def _holder(value: str, shown: str, name: str) -> Person:
    handle = Handle.objects.filter(kind=EMAIL, value=value, valid_until=None).select_related("person").first()
    if handle is not None:
        return handle.person
    person = Person.objects.create(name=name.strip() or value, language=load_config().language)
    Handle.objects.create(
        person=person, kind=EMAIL, value=value, shown=shown.strip(), proof=Proof.PROVEN, evidence="set up here"
    )
    return person
