"""Channels' passwords and tokens in the database: encrypted with a key derived from the installation's secret."""

from functools import cache

from uzel.kernel import keys
from uzel.kernel.config import load_config


def seal(text: str) -> str:
    return keys.seal(_secret(), text)


def open_sealed(sealed: str) -> str:
    """Raises Invalid when it was sealed with another secret.key."""
    return keys.unseal(_secret(), sealed)


@cache
def token_secret() -> bytes:
    """What channels sign this installation's tokens with."""
    return keys.derive_key(_secret(), "channel tokens")


@cache
def _secret() -> bytes:
    return keys.load_secret(load_config())
