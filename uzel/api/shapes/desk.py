"""What the desk is made of: agents, teams, the catalogue, channels, organisations, quarantine."""

import datetime as dt
from typing import Any, Literal

import msgspec


class AgentRow(msgspec.Struct, kw_only=True):
    id: int
    person_id: int
    name: str
    role: Literal["agent", "lead", "administrator"]
    availability: str
    is_active: bool
    team_ids: list[int]


class Agents(msgspec.Struct):
    items: list[AgentRow]


class TeamRow(msgspec.Struct, kw_only=True):
    """A restricted team's tickets are seen by its members, the owner and administrators only."""

    id: int
    name_ru: str
    name_en: str
    is_restricted: bool
    is_default: bool
    is_active: bool
    agent_ids: list[int]


class Teams(msgspec.Struct):
    items: list[TeamRow]


class CategoryRow(msgspec.Struct, kw_only=True):
    id: int
    service_id: int
    name_ru: str
    name_en: str
    kind: Literal["incident", "request", "question"]
    keywords: list[str]
    is_active: bool


class ServiceRow(msgspec.Struct, kw_only=True):
    id: int
    name_ru: str
    name_en: str
    team_id: int | None
    keywords: list[str]
    position: int
    is_active: bool
    categories: list[CategoryRow]


class Services(msgspec.Struct):
    items: list[ServiceRow]


class OrganizationRow(msgspec.Struct):
    id: int
    name: str
    domains: list[str]


class Organizations(msgspec.Struct):
    items: list[OrganizationRow]


class ChannelAbilities(msgspec.Struct, kw_only=True):
    """Limits and abilities of a channel's kind. 0: no limit (``max_file`` 0: no files)."""

    handle_kind: str
    max_text: int
    max_file: int
    rich_text: bool
    subject: bool
    read_receipts: bool
    window_hours: int
    internal: bool


class ChannelHealth(msgspec.Struct):
    last_success_at: dt.datetime | None
    last_failure_at: dt.datetime | None
    last_failure: str


class ChannelRow(msgspec.Struct, kw_only=True):
    """``settings`` (secrets masked), rules and ``health`` are told to administrators only."""

    id: int
    kind: str
    name: str
    is_active: bool
    capabilities: ChannelAbilities | None
    settings: dict[str, Any] | None
    auto_reply: bool | None
    join_at: int | None
    ask_at: int | None
    default_team_id: int | None
    default_service_id: int | None
    health: ChannelHealth | None


class Channels(msgspec.Struct):
    items: list[ChannelRow]


class SettingField(msgspec.Struct, kw_only=True):
    """One field of a channel's settings form."""

    name: str
    type: str
    label_en: str
    label_ru: str
    help_en: str
    help_ru: str
    required: bool
    default: Any
    choices: list[str]


class ChannelKind(msgspec.Struct):
    kind: str
    fields: list[SettingField]


class ChannelKinds(msgspec.Struct):
    items: list[ChannelKind]


class FindingRow(msgspec.Struct):
    """One line of a connection test."""

    ok: bool
    what_en: str
    what_ru: str
    hint_en: str
    hint_ru: str


class Findings(msgspec.Struct):
    findings: list[FindingRow]


class DeliveryRow(msgspec.Struct, kw_only=True):
    """Something that a channel brought and nobody could read."""

    id: int
    channel_id: int
    channel_name: str
    received_at: dt.datetime
    size: int
    error: str
    external_id: str
    preview: str


class Deliveries(msgspec.Struct):
    items: list[DeliveryRow]
    next: str | None


class Saved(msgspec.Struct):
    """The id of what was added or changed."""

    id: int
