"""The people of the demo and what they stand on: organisations, teams, catalogue, the mail channel."""

from typing import Any

from django.contrib.auth.hashers import make_password

from uzel.domain.permissions import Actor
from uzel.kernel.config import Config
from uzel.kernel.handles import EMAIL, PHONE, normal_handle
from uzel.roles.mailbox import mailbox_port
from uzel.store import catalogue
from uzel.store.channels import save_settings
from uzel.store.first_run import ensure_defaults
from uzel.store.models import Account, Agent, Channel, Handle, Organization, Person, Service, Team, TeamMember
from uzel.store.models.people import Proof


class Cast:
    """Everybody by the key that the stories name them by."""

    def __init__(self, given: dict[str, Any], config: Config, password: str) -> None:
        ensure_defaults()
        self.teams = {team["key"]: _make_team(team) for team in given["teams"]}
        self._organizations = {
            one["key"]: Organization.objects.create(name=one["name"], domains=one["domains"])
            for one in given["organizations"]
        }
        self._serve(given)
        self.mail = _make_channel(given["mail"], config)
        hashed = make_password(password)
        self.people: dict[str, Person] = {}
        self.actors: dict[str, Actor] = {}
        for one in given["people"]:
            person = self.people[one["key"]] = self._make_person(one)
            self.actors[one["key"]] = self._make_actor(person, one)
            if "login" in one:
                Account.objects.create(person=person, login=one["login"], password=hashed)
        catalogue.forget()

    def service(self, name_en: str) -> Service:
        return Service.objects.get(name_en=name_en)

    def _serve(self, given: dict[str, Any]) -> None:
        for name, team in given["services"].items():
            Service.objects.filter(name_en=name).update(team=self.teams[team])
        own = given["hr_service"]
        Service.objects.create(
            name_ru=own["ru"], name_en=own["en"], team=self.teams[own["team"]], keywords=own["keywords"], position=90
        )

    def _make_person(self, given: dict[str, Any]) -> Person:
        person = Person.objects.create(
            name=given["name"],
            organization=self._organizations[given["org"]],
            language=given.get("language", "ru"),
            time_zone=given.get("zone", "Europe/Moscow"),
            sees_organization=given.get("sees_organization", False),
        )
        for kind, name in ((EMAIL, "email"), (PHONE, "phone")):
            if name in given:
                Handle.objects.create(
                    person=person,
                    kind=kind,
                    value=normal_handle(kind, given[name]),
                    shown=given[name],
                    proof=Proof.PROVEN,
                    evidence="demo",
                )
        return person

    def _make_actor(self, person: Person, given: dict[str, Any]) -> Actor:
        team_ids = frozenset(self.teams[key].id for key in given.get("teams", ()))
        agent_id = None
        if "role" in given:
            agent = Agent.objects.create(person=person, role=given["role"], signature=given["name"])
            TeamMember.objects.bulk_create(TeamMember(agent=agent, team_id=team_id) for team_id in team_ids)
            agent_id = agent.id
        return Actor(
            person_id=person.id,
            agent_id=agent_id,
            role=given.get("role", "requester"),
            team_ids=team_ids,
            organization_id=person.organization_id,
            sees_organization=person.sees_organization,
        )


def _make_team(given: dict[str, Any]) -> Team:
    """The default team of a new installation is the demo's first line."""
    names = {"name_ru": given["ru"], "name_en": given["en"]}
    if given.get("default"):
        team, _ = Team.objects.update_or_create(is_default=True, defaults=names)
        return team
    return Team.objects.create(**names, is_restricted=given.get("restricted", False))


def _make_channel(given: dict[str, Any], config: Config) -> Channel:
    """Mail comes by Uzel's own SMTP port and leaves to the demo's mailbox beside it: nothing reaches the world."""
    name = given["ru"] if config.language == "ru" else given["en"]
    channel = Channel.objects.create(kind=given["kind"], name=name)
    settings = {
        "address": given["address"],
        "aliases": given["aliases"],
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox_port(config),
        "smtp_security": "none",
        "smtp_username": "-",
    }
    save_settings(channel.id, settings)
    channel.refresh_from_db()
    return channel
