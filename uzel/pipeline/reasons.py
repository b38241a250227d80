"""Reasons of decisions in the form in which they are stored; their words are put in when they are shown."""

from typing import Any

from uzel.domain.reasons import Reason


def plain(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "points": reason.points, "detail": reason.detail}
