"""Channels are found by looking: folders in uzel.channels and entry points of group ``uzel.channels``."""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from uzel.channelkit.contract import Capabilities


@cache
def installed_channels() -> dict[str, Any]:
    """Every channel by its kind. A folder wins over an entry point of the same kind."""
    package = importlib.import_module("uzel.channels")
    found = {point.name: point.load() for point in entry_points(group="uzel.channels")}
    for module in pkgutil.iter_modules(package.__path__):
        channel = importlib.import_module(f"uzel.channels.{module.name}")
        found[channel.KIND] = channel
    return found


def get_channel(kind: str) -> Any:
    return installed_channels()[kind]


def capabilities(kind: str) -> Capabilities:
    found: Capabilities = get_channel(kind).CAPABILITIES
    return found
