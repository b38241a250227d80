"""What a ticket is about and how much it matters, checked against the catalogue."""

from typing import Any

import msgspec

from uzel.domain.priority import priority_of as rank
from uzel.kernel.errors import Invalid
from uzel.store.models import Category, Service, Team

KINDS = ("incident", "request", "question")


class Labels(msgspec.Struct, kw_only=True, frozen=True):
    """``impact`` and ``urgency``: 1 high, 2 middle, 3 low."""

    service_id: int | None = None
    category_id: int | None = None
    impact: int = 2
    urgency: int = 2
    kind: str | None = None


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Labels with what follows from them."""

    service_id: int | None
    category_id: int | None
    team_id: int | None
    impact: int
    urgency: int
    priority: int
    kind: str

    def columns(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


def check_labels(labels: Labels) -> Marks:
    """Raises Invalid naming the label that does not fit."""
    service = get_service(labels.service_id)
    category = get_category(labels.category_id, service)
    if category is not None and service is None:
        service = category.service
    team_id = service.team_id if service is not None and service.team_id else default_team()
    return Marks(
        service_id=service.id if service else None,
        category_id=category.id if category else None,
        team_id=team_id,
        impact=labels.impact,
        urgency=labels.urgency,
        priority=priority_of(labels.impact, labels.urgency),
        kind=check_kind(labels.kind or (category.kind if category else "incident")),
    )


def priority_of(impact: int, urgency: int) -> int:
    """1 (critical) to 4 (low). Raises Invalid for what is no impact or urgency."""
    for name, value in (("impact", impact), ("urgency", urgency)):
        if value not in (1, 2, 3):
            raise Invalid(
                f"“{name}” is 1 (high), 2 or 3 (low).",
                f"«{name}»: 1 (высокое), 2 или 3 (низкое).",
                fields={name: "not 1, 2 or 3"},
            )
    return rank(impact, urgency)


def check_kind(kind: str) -> str:
    if kind not in KINDS:
        raise Invalid(f"Use one of: {', '.join(KINDS)}.", f"Можно: {', '.join(KINDS)}.", fields={"kind": "unknown"})
    return kind


def get_service(service_id: int | None) -> Service | None:
    if service_id is None:
        return None
    service = Service.objects.filter(id=service_id, is_active=True).first()
    if service is None:
        raise Invalid(
            "This service is not offered. Choose another one.",
            "Такой услуги нет. Выберите другую.",
            fields={"service_id": "unknown"},
        )
    return service


def get_category(category_id: int | None, service: Service | None) -> Category | None:
    if category_id is None:
        return None
    category = Category.objects.filter(id=category_id, is_active=True).select_related("service").first()
    if category is None or (service is not None and category.service_id != service.id):
        raise Invalid(
            "This category does not belong to the service. Choose one of its own.",
            "Эта категория не относится к услуге. Выберите её собственную.",
            fields={"category_id": "of another service"},
        )
    return category


def get_team(team_id: int) -> Team:
    team = Team.objects.filter(id=team_id, is_active=True).first()
    if team is None:
        raise Invalid(
            "There is no such team. Choose another one.",
            "Такой группы нет. Выберите другую.",
            fields={"team_id": "unknown"},
        )
    return team


def default_team() -> int | None:
    return Team.objects.filter(is_default=True, is_active=True).values_list("id", flat=True).first()
