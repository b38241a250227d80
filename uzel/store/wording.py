"""Texts that are stored once for all readers stand in the installation's language."""

from functools import cache

from uzel.kernel.config import load_config


def in_our_language(en: str, ru: str) -> str:
    return (ru or en) if _language() == "ru" else en


@cache
def _language() -> str:
    return load_config().language
