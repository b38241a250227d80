"""Words as the database can hold them: no NUL, nothing that is no letter in any encoding."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def clean(value: T) -> T:
    """The same value, struct, tuple or mapping; only what holds such signs is made anew. Bytes are left alone."""
    cleaned: Any = _clean(value)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, msgspec.Struct):
        return _struct(value)
    if isinstance(value, tuple):
        parts = tuple(_clean(part) for part in value)
        return value if all(new is old for new, old in zip(parts, value, strict=True)) else parts
    if isinstance(value, dict):
        return {_clean(key): _clean(part) for key, part in value.items()}
    return value


def _struct(value: msgspec.Struct) -> msgspec.Struct:
    changed = {}
    for name in value.__struct_fields__:
        old = getattr(value, name)
        new = _clean(old)
        if new is not old:
            changed[name] = new
    return msgspec.structs.replace(value, **changed) if changed else value


def _text(value: str) -> str:
    if value.isascii():
        return value.replace("\0", "") if "\0" in value else value
    encoded = value.encode("utf-8", "replace")
    plain = encoded.decode().replace("\0", "")
    return value if plain == value else plain
