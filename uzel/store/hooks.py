"""Webhooks: is it genuine, and then into the store as it came. Nothing is read here: the pipeline does that."""

import hashlib
import hmac
import time

from uzel.channelkit.contract import Account, Hook, RawDelivery
from uzel.channelkit.registry import installed_channels
from uzel.kernel.errors import Forbidden, NotFound
from uzel.store.channels import accounts
from uzel.store.deliveries import store_delivery

HOOK_TOKEN = "hook_token"  # noqa: S105 - a setting's name
FRESH_FOR = 5.0  # seconds until a changed setting is believed
KEPT_OUT = frozenset({"authorization", "cookie", "x-uzel-client", "x-forwarded-for", "x-real-ip", "forwarded"})
MOST_HEADERS, LONGEST_HEADER = 60, 2_000

NO_CHANNEL = NotFound("No channel takes webhooks at this address.", "По этому адресу вебхуки не принимаются.")
FORGED = Forbidden(
    "The webhook is not signed as this channel's settings demand. Check its token or secret.",
    "Вебхук не подписан так, как требуют настройки канала. Проверьте токен или секрет.",
)

_known: dict[int, tuple[float, Account]] = {}


def take_hook(channel_id: int, hook: Hook, *, may_bring_anything: bool) -> bool:
    """Store it; True when it is new. A repeated one is recognised by Idempotency-Key, else by its bytes.

    Args: may_bring_anything: the caller holds a token for intake, which stands for the provider's signature.
    Raises: NotFound, Forbidden.
    """
    account = _account(channel_id)
    if not may_bring_anything:
        _check_genuine(hook, account)
    key = hook.headers.get("idempotency-key", "").strip()
    external_id = f"key:{key}" if key else f"sha256:{hashlib.sha256(hook.body).hexdigest()}"
    return store_delivery(channel_id, RawDelivery(external_id=external_id, body=hook.body, headers=_kept(hook)))


def _check_genuine(hook: Hook, account: Account) -> None:
    verify = getattr(installed_channels()[account.kind], "verify", None)
    if verify is not None:
        if not verify(hook, account):
            raise FORGED
        return
    token = str(account.settings.get(HOOK_TOKEN) or "")
    if not token:
        raise NO_CHANNEL
    if not hmac.compare_digest(token.encode(), hook.token.encode()):
        raise FORGED


def _account(channel_id: int) -> Account:
    """Opening secrets costs more than storing the hook, so accounts are remembered for a moment."""
    now = time.monotonic()
    at, account = _known.get(channel_id, (0.0, None))
    if account is None or now - at > FRESH_FOR:
        _known.clear()
        _known.update({found.id: (now, found) for found in accounts(active=True)})
        account = _known[channel_id][1] if channel_id in _known else None
    if account is None or account.kind not in installed_channels():
        raise NO_CHANNEL
    return account


def _kept(hook: Hook) -> dict[str, str]:
    kept = [(name, value) for name, value in hook.headers.items() if name not in KEPT_OUT]
    return {name: value[:LONGEST_HEADER].replace("\0", "") for name, value in kept[:MOST_HEADERS]}
