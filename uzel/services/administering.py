"""What an administrator sets up: services, categories, teams, channels."""

from typing import Any

from django.db import transaction

from uzel.channelkit.contract import Field, Finding
from uzel.channelkit.registry import installed_channels
from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid, NotFound
from uzel.services.labelling import check_kind
from uzel.services.rights import check_administrator
from uzel.store import channels as store
from uzel.store.audit import record
from uzel.store.catalogue import forget
from uzel.store.models import Agent, Category, Channel, Service, Team, TeamMember

Model = type[Service] | type[Category] | type[Team] | type[Channel]


@transaction.atomic
def save_service(service_id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    """Add a service (None) or change what is named; gives its id."""
    return _save(Service, "service", service_id, given, by=by)


@transaction.atomic
def save_category(category_id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    if "kind" in given:
        check_kind(given["kind"])
    return _save(Category, "category", category_id, given, by=by)


@transaction.atomic
def save_team(team_id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    """``agent_ids``, if named, are the members from now on. Exactly one team is the default one."""
    members = given.pop("agent_ids", None)
    saved = _save(Team, "team", team_id, given, by=by)
    if given.get("is_default"):
        Team.objects.exclude(id=saved).update(is_default=False)
    if members is not None:
        if Agent.objects.filter(id__in=members).count() < len(set(members)):
            raise Invalid("There is no such agent.", "Такого специалиста нет.", fields={"agent_ids": "unknown"})
        TeamMember.objects.filter(team=saved).exclude(agent__in=members).delete()
        TeamMember.objects.bulk_create(
            [TeamMember(team_id=saved, agent_id=agent) for agent in set(members)], ignore_conflicts=True
        )
        record(by, "members", "team", saved, None, {"agents": sorted(set(members))})
    return saved


@transaction.atomic
def save_channel(channel_id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    """``settings`` go over what stands; the mask in the place of a secret leaves the secret as it is."""
    check_administrator(by)
    settings = given.pop("settings", {} if channel_id is None else None)  # a new one must hold what is required
    if channel_id is None and given.get("kind") not in installed_channels():
        kinds = ", ".join(sorted(installed_channels()))
        raise Invalid(
            f"There is no such kind of channel. Installed: {kinds}.",
            f"Такого вида каналов нет. Установлены: {kinds}.",
            fields={"kind": "unknown"},
        )
    saved = _save(Channel, "channel", channel_id, given, by=by)
    if settings is not None:
        store.save_settings(saved, settings)
        record(by, "settings", "channel", saved, None, {"names": sorted(settings)})
    return saved


def check_channel(channel_id: int, *, by: Actor) -> list[Finding]:
    """Really connect, and say what is wrong and how to mend it. Opens no transaction: it takes its time."""
    check_administrator(by)
    account = store.account(channel_id)
    return list(installed_channels()[account.kind].check(account))


def list_kinds(*, by: Actor) -> dict[str, list[Field]]:
    """The settings that each installed kind of channel has."""
    check_administrator(by)
    return {kind: list(module.SETTINGS) for kind, module in sorted(installed_channels().items())}


def _save(model: Model, noun: str, id: int | None, given: dict[str, Any], *, by: Actor) -> int:
    """Plain columns. Raises NotFound; a foreign id that leads nowhere is refused by the database."""
    check_administrator(by)
    if id is None:
        row = model.objects.create(**given)
        record(by, "create", noun, row.id, None, given)
    else:
        before = model.objects.select_for_update().filter(id=id).values(*given, "id").first()
        if before is None:
            raise NotFound("There is no such thing. Open the list anew.", "Такого нет. Обновите список.")
        if given:
            model.objects.filter(id=id).update(**given)
            record(by, "edit", noun, id, {name: before[name] for name in given}, given)
    transaction.on_commit(forget)
    return id if id is not None else row.id
