"""Stored reasons in words. A rule stores its code and detail; what an agent did is stored with its words."""

from typing import Any

from uzel.domain.reasons import Reason, codes, explain

_KNOWN = codes()


def explained(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``[{code, points, en, ru}]`` of what stands in a ``reasons`` column."""
    return [_explained(reason) for reason in reasons]


def _explained(reason: dict[str, Any]) -> dict[str, Any]:
    code, points = reason.get("code", ""), reason.get("points", 0)
    en, ru = reason.get("en", code), reason.get("ru", code)
    if code in _KNOWN:
        told = Reason(code, 0, str(reason.get("detail", "")))
        en, ru = explain(told, "en"), explain(told, "ru")
    return {"code": code, "points": points, "en": en, "ru": ru}
