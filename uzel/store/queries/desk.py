"""Small lists that the desk is made of."""

from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q

from uzel.channelkit.registry import installed_channels
from uzel.store.channels import masked
from uzel.store.models import Agent, Category, Channel, Organization, Service, Team

_ABILITIES = (
    "handle_kind",
    "max_text",
    "max_file",
    "rich_text",
    "subject",
    "read_receipts",
    "window_hours",
    "internal",
)
_RULES = ("auto_reply", "join_at", "ask_at", "default_team_id", "default_service_id")
MOST = 500


def list_agents() -> list[dict[str, Any]]:
    fields = ("id", "person_id", "role", "availability", "is_active")
    teams = ArrayAgg("memberships__team_id", filter=Q(memberships__isnull=False), default=[])
    return list(Agent.objects.order_by("id").values(*fields, name=F("person__name"), team_ids=teams))


def list_teams(*, all: bool) -> list[dict[str, Any]]:
    """``all``: with those that are switched off."""
    fields = ("id", "name_ru", "name_en", "is_restricted", "is_default", "is_active")
    agents = ArrayAgg("members__agent_id", filter=Q(members__isnull=False), default=[])
    return list(_shown(Team.objects.order_by("id"), all).values(*fields, agent_ids=agents))


def list_services(*, all: bool) -> list[dict[str, Any]]:
    """In their order, each with its categories."""
    fields = ("id", "name_ru", "name_en", "team_id", "keywords", "position", "is_active")
    services = list(_shown(Service.objects.order_by("position", "id"), all).values(*fields))
    fields = ("id", "service_id", "name_ru", "name_en", "kind", "keywords", "is_active")
    categories = list(_shown(Category.objects.order_by("id"), all).values(*fields))
    for service in services:
        service["categories"] = [one for one in categories if one["service_id"] == service["id"]]
    return services


def list_organizations(words: str) -> list[dict[str, Any]]:
    rows = Organization.objects.filter(name__icontains=words.strip()) if words.strip() else Organization.objects.all()
    return [dict(row) for row in rows.order_by("name", "id").values("id", "name", "domains")[:MOST]]


def list_channels(*, is_administrator: bool) -> list[dict[str, Any]]:
    """Agents are told what they can use; administrators also how it is set up and whether it works."""
    rows = Channel.objects.order_by("id") if is_administrator else Channel.objects.filter(is_active=True).order_by("id")
    return [_channel(row, is_administrator=is_administrator) for row in rows]


def _channel(row: Channel, *, is_administrator: bool) -> dict[str, Any]:
    module = installed_channels().get(row.kind)
    abilities = {name: getattr(module.CAPABILITIES, name) for name in _ABILITIES} if module else None
    shown = {"id": row.id, "kind": row.kind, "name": row.name, "is_active": row.is_active, "capabilities": abilities}
    if not is_administrator:
        return shown | dict.fromkeys((*_RULES, "settings", "health"))
    health = {
        "last_success_at": row.last_success_at,
        "last_failure_at": row.last_failure_at,
        "last_failure": row.last_failure,
    }
    rules = {name: getattr(row, name) for name in _RULES}
    return shown | rules | {"settings": masked(row.kind, row.settings), "health": health}


def _shown(rows: Any, all: bool) -> Any:
    return rows if all else rows.filter(is_active=True)
