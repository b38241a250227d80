"""A call with Idempotency-Key takes effect once; sent again, it gets the same answer.

The answer is recorded in the transaction of the effect: either both stand or neither does. Refusals (4xx) change
nothing and are not recorded: the same key may be used again after correcting the request.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from uzel.api.problems import problem_response
from uzel.api.refusals import InFlight, KeyMissing, KeyReused
from uzel.kernel.errors import Conflict, Invalid
from uzel.store import idempotency as store

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 128
KEPT_HEADERS = ("Content-Type", "ETag", "Location")

SHOWN_ONCE = Conflict(
    "This was done already. Its secret was shown once and is not kept: make a new one.",
    "Это уже сделано. Секрет показан один раз и не хранится: создайте новый.",
)


def key_of(request: HttpRequest, *, required: bool) -> str | None:
    """The key of this call. Raises KeyMissing when a POST has none, Invalid when it is too long."""
    key = request.headers.get(KEY_HEADER, "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Invalid(
            f"Idempotency-Key must be at most {LONGEST_KEY} printable characters. A new UUID is a good one.",
            f"Idempotency-Key — не больше {LONGEST_KEY} печатных знаков. Подойдёт новый UUID.",
        )
    if not key and required and request.method == "POST":
        raise KeyMissing(
            "Send an Idempotency-Key header (a new UUID per action), so that a repeated call takes effect once.",
            "Передайте заголовок Idempotency-Key (новый UUID на каждое действие), чтобы повтор не сработал дважды.",
        )
    return key or None


def once(
    request: HttpRequest, *, person_id: int, key: str, is_secret: bool, run: Callable[[], HttpResponse]
) -> HttpResponse:
    """Run the view inside one transaction with the record of its answer, or give the recorded one."""
    digest = _request_hash(request)
    with transaction.atomic():
        if not store.reserve(person_id, key):
            raise InFlight(
                "The first call with this key is still running. Repeat in a second to get its answer.",
                "Первый запрос с этим ключом ещё выполняется. Повторите через секунду и получите его ответ.",
            )
        stored = store.find_answer(person_id, key)
        if stored is not None:
            return _replayed(request, stored, digest)
        response = run()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        kept = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        body = b"" if is_secret else response.content
        status = SECRET if is_secret else response.status_code
        store.store_answer(person_id, key, hash=digest, status=status, body=body, headers=kept)
    return response


SECRET = 0  # stands for the status of an answer that was not kept


def _replayed(request: HttpRequest, stored: dict[str, Any], digest: bytes) -> HttpResponse:
    if bytes(stored["request_hash"]) != digest:
        raise KeyReused(
            "This Idempotency-Key was used for another request. Send a new key.",
            "Этот Idempotency-Key уже использован для другого запроса. Передайте новый ключ.",
        )
    if stored["status"] == SECRET:
        response = problem_response(request, SHOWN_ONCE)
    else:
        response = HttpResponse(stored["body"], status=stored["status"], headers=stored["headers"])
    response["Idempotency-Replayed"] = "true"
    return response


def _request_hash(request: HttpRequest) -> bytes:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.body)
    return digest.digest()
