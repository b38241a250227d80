"""What every call passes before its view runs: size, pace, who calls, forgery, scope, once-only."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from uzel.api import auth, idempotency
from uzel.api.pace import Pace
from uzel.api.problems import problem_response
from uzel.api.rules import MEGABYTE, Rules, rules_of
from uzel.api.turns import wait_for_large_body
from uzel.kernel.errors import TooLarge
from uzel.store.audit import caller_address

pace = Pace(per_minute=settings.CALLS_PER_MINUTE, burst=settings.CALLS_AT_ONCE)


def gate(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wraps one operation of the API (a decorator of django-ninja's, mode ``view``)."""
    operation = run.__self__  # type: ignore[attr-defined]  # ninja hands over a bound method
    rules = rules_of(operation.view_func)
    is_public = not operation.auth_callbacks

    @functools.wraps(run)
    def passed(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            _admit(request, rules, is_public=is_public)
            key = None if is_public else _key(request, rules)
            if key is None:
                return run(request, **path)
            person_id = request.actor.person_id  # type: ignore[attr-defined]
            once = functools.partial(run, request, **path)
            return idempotency.once(request, person_id=person_id, key=key, is_secret=rules.is_secret, run=once)
        except Exception as error:  # the one place where every error becomes an answer
            return problem_response(request, error)

    return passed


def _admit(request: HttpRequest, rules: Rules, *, is_public: bool) -> None:
    """Raises what keeps this call out; sets ``request.signed`` and ``request.actor``."""
    _check_size(request, rules)
    caller_address.set(auth.client_ip(request))
    signed = auth.find_signed(request)
    request.signed = signed  # type: ignore[attr-defined]
    request.actor = signed.actor if signed else None  # type: ignore[attr-defined]
    if rules.is_paced:
        pace.check(signed.actor.person_id if signed else auth.client_ip(request))
    if request.method not in auth.SAFE_METHODS and rules.guards_browsers and auth.bearer(request) is None:
        auth.check_not_forged(request)
    if signed is not None and not is_public:
        auth.check_scope(request, signed)
    if not rules.reads_stream:
        wait_for_large_body(request)


def _key(request: HttpRequest, rules: Rules) -> str | None:
    """The key under which the answer is kept; None when it is not. Without a caller the view will refuse anyway."""
    is_safe = request.method in auth.SAFE_METHODS
    if is_safe or rules.is_repeatable or rules.reads_stream or request.actor is None:  # type: ignore[attr-defined]
        return None
    return idempotency.key_of(request, required=rules.needs_key)


def _check_size(request: HttpRequest, rules: Rules) -> None:
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not rules.reads_stream and size.isdecimal() and int(size) > rules.max_body:
        limit = rules.max_body / MEGABYTE
        raise TooLarge(
            f"The request is larger than {limit:g} MB. Send files as uploads.",
            f"Запрос больше {limit:g} МБ. Файлы отправляйте загрузкой.",
        )
