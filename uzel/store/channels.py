"""Configured channels as their modules see them; their settings, health and cursors."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.db import transaction
from psycopg.types.json import Jsonb

from uzel.channelkit.contract import Account, Field
from uzel.channelkit.registry import installed_channels
from uzel.kernel.config import load_config
from uzel.kernel.errors import Invalid, NotFound
from uzel.store import waking
from uzel.store.models import Channel
from uzel.store.secrets import open_sealed, seal, token_secret
from uzel.store.sql import Query, fetch, fetch_one, run
from uzel.store.wording import in_our_language

CHANGED = "uzel_channels"  # notified when a channel's settings changed
MASK = "••••••"
ENTER_AGAIN = "enter it again: it would go to another server / введите заново: он уйдёт на другой сервер"
_SEALED = "sealed"

log = structlog.get_logger()

_ACCOUNTS = Query(
    "channel_accounts",
    "SELECT id, kind, name, settings FROM channel WHERE is_active OR NOT %(active)s::bool ORDER BY id",
)
_HEALTHY = Query("channel_healthy", "UPDATE channel SET last_success_at = now() WHERE id = %(id)s::bigint")
_FAILING = Query(
    "channel_failing",
    "UPDATE channel SET last_failure_at = now(), last_failure = %(reason)s WHERE id = %(id)s::bigint",
)
_LOAD_STATE = Query(
    "channel_state_load",
    "SELECT state FROM channel_state WHERE channel_id = %(channel)s::bigint AND name = %(name)s",
)
_SAVE_STATE = Query(
    "channel_state_save",
    """
    INSERT INTO channel_state (channel_id, name, state) VALUES (%(channel)s::bigint, %(name)s, %(state)s::jsonb)
    ON CONFLICT (channel_id, name) DO UPDATE SET state = EXCLUDED.state, saved_at = now()
    """,
)


def accounts(*, active: bool = False) -> list[Account]:
    """Every channel with its secrets opened; only the switched-on ones with ``active``."""
    region = load_config().region
    return [
        Account(
            id=row["id"],
            kind=row["kind"],
            name=row["name"],
            settings=_opened(row["settings"], row["id"]),
            region=region,
            secret=token_secret(),
        )
        for row in fetch(_ACCOUNTS, {"active": active})
    ]


def account(channel_id: int) -> Account:
    """Raises NotFound."""
    for found in accounts():
        if found.id == channel_id:
            return found
    raise _missing()


def save_settings(channel_id: int, given: Mapping[str, Any]) -> None:
    """Put ``given`` over what stands, each value checked against its Field. Raises NotFound, Invalid.

    Secrets are stored encrypted; the mask in the place of a secret leaves it as it is, an empty text removes it.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update().filter(id=channel_id).first()
        if channel is None:
            raise _missing()
        channel.settings = _merged(channel.settings, given, _fields(channel.kind))
        channel.save(update_fields=["settings"])
        waking.notify(CHANGED)


def masked(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may leave the server: a secret shows only that there is one."""
    return {
        field.name: (MASK if settings.get(field.name) else "") if field.type == "secret" else settings.get(field.name)
        for field in _fields(kind)
        if field.name in settings
    }


def mark_healthy(channel_id: int) -> None:
    run(_HEALTHY, {"id": channel_id})


def mark_failing(channel_id: int, en: str, ru: str) -> None:
    run(_FAILING, {"id": channel_id, "reason": in_our_language(en, ru)[:2000]})


def load_state(channel_id: int, name: str) -> dict[str, Any]:
    """A listener's cursor; empty when there is none yet."""
    row = fetch_one(_LOAD_STATE, {"channel": channel_id, "name": name})
    return dict(row["state"]) if row else {}


def save_state(channel_id: int, name: str, state: Mapping[str, Any]) -> None:
    run(_SAVE_STATE, {"channel": channel_id, "name": name, "state": Jsonb(dict(state))})


def _opened(settings: Mapping[str, Any], channel_id: int) -> dict[str, Any]:
    """A secret that can't be opened is left out: one channel with a lost key must not stop all others."""
    opened: dict[str, Any] = {}
    for name, value in settings.items():
        if not isinstance(value, dict):
            opened[name] = value
            continue
        try:
            opened[name] = open_sealed(value.get(_SEALED, ""))
        except Invalid as error:
            log.error("a channel's secret can't be opened", channel=channel_id, setting=name, reason=error.en)
    return opened


def _merged(stored: Mapping[str, Any], given: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    problems = {name: "unknown setting / нет такой настройки" for name in given if name not in known}
    merged = {name: value for name, value in stored.items() if name in known}
    for name in given.keys() & known.keys():
        value, problem = _checked(known[name], given[name])
        if problem:
            problems[name] = problem
        elif known[name].type != "secret":
            merged[name] = value
        elif value != MASK:
            merged[name] = {_SEALED: seal(value)} if value else ""
    problems |= dict.fromkeys(_led_elsewhere(stored, merged, fields) if not problems else (), ENTER_AGAIN)
    for field in fields:
        if field.required and merged.get(field.name) in (None, ""):
            problems.setdefault(field.name, "required / обязательно")
    if problems:
        raise Invalid(
            "Some settings can't be used. Correct the marked ones.",
            "Некоторые настройки не подходят. Исправьте отмеченные.",
            fields=problems,
        )
    return merged


def _led_elsewhere(stored: Mapping[str, Any], merged: Mapping[str, Any], fields: Sequence[Field]) -> list[str]:
    """Secrets that were entered for one server and would now be told to another, which is how they get stolen."""
    moved = any(
        field.type == "host" and stored.get(field.name) not in (None, "", merged.get(field.name)) for field in fields
    )
    kept = [field.name for field in fields if field.type == "secret" and stored.get(field.name)]
    return [name for name in kept if moved and merged.get(name) is stored[name]]


def _checked(field: Field, value: Any) -> tuple[Any, str]:
    """The value as it is stored, and what is wrong with it."""
    if value is None:
        return "", ""
    if field.type == "boolean":
        return value, "" if isinstance(value, bool) else "true or false / да или нет"
    if field.type == "number":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value, "" if whole or value == "" else "a whole number / целое число"
    if not isinstance(value, str):
        return value, "a text / текст"
    if field.type == "choice" and value not in ("", *field.choices):
        return value, " | ".join(field.choices)
    if field.type == "email" and value and "@" not in value:
        return value, "an e-mail address / адрес почты"
    return value if field.type == "secret" else value.strip(), ""


def _fields(kind: str) -> Sequence[Field]:
    """None for a kind whose package is gone: its settings wait until it comes back."""
    module = installed_channels().get(kind)
    return module.SETTINGS if module else ()


def _missing() -> NotFound:
    return NotFound("There is no such channel. Open the list of channels anew.", "Нет такого канала. Обновите список.")
