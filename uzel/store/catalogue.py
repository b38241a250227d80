"""The small things that every mail needs and that seldom change: services, categories, teams, channels.

Kept per process for a few seconds: a change made in the desk is in force everywhere within ``FRESH``.
"""

import time
from collections.abc import Iterable
from typing import Any

import msgspec

from uzel.channelkit.contract import Account
from uzel.channelkit.registry import capabilities
from uzel.domain.classify import Kind, Topic
from uzel.kernel.config import load_config
from uzel.store.sql import Query, fetch

FRESH = 5.0  # seconds

_SERVICES = Query(
    "catalogue_services",
    """
    SELECT id, name_ru, name_en, team_id, keywords, position FROM service WHERE is_active ORDER BY position, id
    """,
)
_CATEGORIES = Query(
    "catalogue_categories",
    "SELECT id, service_id, name_ru, name_en, keywords, kind FROM category WHERE is_active ORDER BY id",
)
_TEAMS = Query("catalogue_teams", "SELECT id, is_default, is_restricted FROM team WHERE is_active ORDER BY id")
_CHANNELS = Query(
    "catalogue_channels",
    """
    SELECT id, kind, name, auto_reply, join_at, ask_at, default_team_id, default_service_id FROM channel
    """,
)


class ServiceFact(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name_ru: str
    name_en: str
    team_id: int | None
    keywords: list[str]
    position: int


class CategoryFact(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    service_id: int
    name_ru: str
    name_en: str
    keywords: list[str]
    kind: str


class ChannelFact(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: str
    name: str
    auto_reply: bool
    join_at: int
    ask_at: int
    default_team_id: int | None
    default_service_id: int | None

    @property
    def answers(self) -> bool:
        """Whether an automatic answer with the number makes sense and is wanted here."""
        return self.auto_reply and capabilities(self.kind).answers_automatically


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    services: dict[int, ServiceFact]
    categories: dict[int, CategoryFact]
    channels: dict[int, ChannelFact]
    accounts: dict[int, Account]
    topics: tuple[Topic, ...]
    default_team_id: int | None
    restricted_teams: frozenset[int]
    language: str
    time_zone: str


_kept: tuple[float, Catalogue] | None = None


def catalogue(channels: Iterable[int] = ()) -> Catalogue:
    """The catalogue, at most ``FRESH`` seconds old, in which ``channels`` stand: one made a moment ago brings mail."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > FRESH or not _kept[1].channels.keys() >= set(channels):
        _kept = (time.monotonic(), _load())
    return _kept[1]


def forget() -> None:
    """Read anew next time: after a change made in this process."""
    global _kept
    _kept = None


def _load() -> Catalogue:
    from uzel.store.channels import accounts

    config = load_config()
    teams: list[dict[str, Any]] = fetch(_TEAMS, {})
    services = [ServiceFact(**row) for row in fetch(_SERVICES, {})]
    categories = [CategoryFact(**row) for row in fetch(_CATEGORIES, {})]
    return Catalogue(
        services={one.id: one for one in services},
        categories={one.id: one for one in categories},
        topics=_topics(services, categories),
        channels={row["id"]: ChannelFact(**row) for row in fetch(_CHANNELS, {})},
        accounts={account.id: account for account in accounts()},
        default_team_id=next((team["id"] for team in teams if team["is_default"]), None),
        restricted_teams=frozenset(team["id"] for team in teams if team["is_restricted"]),
        language=config.language,
        time_zone=config.time_zone,
    )


def _topics(services: list[ServiceFact], categories: list[CategoryFact]) -> tuple[Topic, ...]:
    found = [Topic(one.id, tuple(one.keywords)) for one in services]
    found += [Topic(one.id, tuple(one.keywords), one.service_id, Kind(one.kind)) for one in categories]
    return tuple(found)
