"""Everything that goes wrong, as application/problem+json (RFC 9457) in both languages.

The one table from errors to statuses. Whoever reads the answer learns what to do next; nobody learns how we are built.
"""

import uuid
from typing import Any

import msgspec
import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from psycopg import errors as pg

from uzel.api.refusals import KeyMissing, VersionMissing
from uzel.kernel import errors
from uzel.store.uploads import Locked

PROBLEM_JSON = "application/problem+json"
TYPE = "https://uzel.invalid/problems/"
log = structlog.get_logger("uzel.api")


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What went wrong: ``detail`` in English, ``detail_ru`` in Russian, ``title`` in the language asked for."""

    type: str
    title: str
    status: int
    detail: str
    detail_ru: str
    code: str
    fields: dict[str, str] | None = None
    retry_after: int | None = None
    current: int | None = None
    incident: str | None = None


STATUS: dict[type[errors.UzelError], int] = {
    KeyMissing: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.UnreadablePayload: 422,
    VersionMissing: 428,
    Locked: 423,
    errors.TooMany: 429,
}

# code, title in English, title in Russian, what to do in English, what to do in Russian
SAID: dict[int, tuple[str, str, str, str, str]] = {
    400: ("malformed", "The request can't be read", "Запрос не разобрать",
          "Send well-formed JSON as the API document describes it.",
          "Отправьте правильный JSON, как описано в документе API."),
    401: ("unauthenticated", "Sign in first", "Сначала войдите",
          "Sign in, or send a valid token in the Authorization header.",
          "Войдите или передайте действующий токен в заголовке Authorization."),
    403: ("forbidden", "Not allowed", "Нельзя",
          "You may not do this. Ask an administrator for the right.",
          "На это нет прав. Попросите их у администратора."),
    404: ("not-found", "Not found", "Не найдено",
          "There is no such thing, or you may not see it. Check the address.",
          "Такого нет или оно вам не видно. Проверьте адрес."),
    405: ("method", "Not possible here", "Здесь так нельзя",
          "This address does not take that method. See the Allow header.",
          "Этот адрес не принимает такой метод. Посмотрите заголовок Allow."),
    409: ("conflict", "In conflict with what stands", "Противоречит тому, что уже есть",
          "It exists already or was changed meanwhile. Load it again and repeat.",
          "Это уже есть или успело измениться. Загрузите заново и повторите."),
    412: ("stale", "Changed meanwhile", "Уже изменено", "Load it again and repeat.", "Загрузите заново и повторите."),
    413: ("too-large", "Too large", "Слишком большое", "Send less.", "Отправьте меньше."),
    415: ("media-type", "Wrong content type", "Не тот тип содержимого",
          "Send the content type that the API document names.", "Отправьте тип, названный в документе API."),
    422: ("invalid", "Something does not fit", "Что-то не подходит",
          "Correct what `fields` names and send it again.", "Исправьте названное в `fields` и отправьте снова."),
    423: ("locked", "Busy", "Занято", "Repeat in a moment.", "Повторите чуть позже."),
    428: ("version-missing", "Say what you are changing", "Укажите, что меняете",
          "Send If-Match with the version you have seen.", "Передайте If-Match с версией, которую вы видели."),
    429: ("too-many", "Too many requests", "Слишком часто",
          "Wait for `retry_after` seconds and repeat.", "Подождите `retry_after` секунд и повторите."),
    500: ("internal", "Our fault", "Наша ошибка",
          "Something broke on our side and was recorded. Repeat later, or tell support the incident number.",
          "У нас что-то сломалось, это записано. Повторите позже или сообщите в поддержку номер инцидента."),
    503: ("unavailable", "Not available just now", "Временно недоступно",
          "The database does not answer. Repeat in a few seconds.",
          "База данных не отвечает. Повторите через несколько секунд."),
}  # fmt: skip

UNSTORABLE = errors.Invalid(
    "It holds a sign or a number that can't be stored. Remove control characters; keep numbers within bounds.",
    "Есть знак или число, которое нельзя сохранить. Уберите управляющие знаки, проверьте числа.",
)
NO_SUCH_REFERENCE = errors.Invalid(
    "It refers to something that does not exist. Choose one that exists.",
    "Указано то, чего нет. Выберите существующее.",
)


def problem_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer for any exception."""
    return _response(problem_of(request, error))


def refusal(request: HttpRequest, status: int) -> HttpResponse:
    """The answer for a status that says all there is to say."""
    return _response(problem_of_status(request, status))


def _response(problem: Problem) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(problem), status=problem.status, content_type=PROBLEM_JSON)
    response["Vary"] = "Accept-Language, Cookie, Authorization"
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    return response


def problem_of(request: HttpRequest, error: Exception) -> Problem:
    if isinstance(error, errors.UzelError):
        return _said_by_us(request, error)
    if isinstance(error, ValidationError):
        return problem_of_status(request, 422, fields=_fields(error))
    if isinstance(error, IntegrityError):
        return _refused_by_database(request, error)
    if isinstance(error, DataError | UnicodeEncodeError | OverflowError):
        return _said_by_us(request, UNSTORABLE)
    status = _status_of(error)
    if status >= 500:
        return _unexpected(request, error, status)
    return problem_of_status(request, status)


def problem_of_status(request: HttpRequest, status: int, **more: Any) -> Problem:
    code, title, title_ru, detail, detail_ru = SAID[status if status in SAID else 400 if status < 500 else 500]
    title = title_ru if speaks_russian(request) else title
    return Problem(type=TYPE + code, title=title, status=status, detail=detail, detail_ru=detail_ru, code=code, **more)


def speaks_russian(request: HttpRequest) -> bool:
    wanted = request.headers.get("Accept-Language", "").lower()
    russian, english = wanted.find("ru"), wanted.find("en")
    return russian >= 0 and (english < 0 or russian < english)


def _said_by_us(request: HttpRequest, error: errors.UzelError) -> Problem:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
    problem = problem_of_status(request, status)
    problem.code, problem.type = error.code, TYPE + error.code
    problem.detail, problem.detail_ru = error.en, error.ru
    problem.fields = error.fields or None
    problem.retry_after = getattr(error, "retry_after", None)
    problem.current = getattr(error, "current", None)
    return problem


def _refused_by_database(request: HttpRequest, error: IntegrityError) -> Problem:
    """Rules that the database keeps: a missing row behind an id is the caller's mistake, the rest a conflict."""
    if isinstance(error.__cause__, pg.ForeignKeyViolation):
        return _said_by_us(request, NO_SUCH_REFERENCE)
    if isinstance(error.__cause__, pg.UniqueViolation):
        return problem_of_status(request, 409)
    return _unexpected(request, error, 500)


def _status_of(error: Exception) -> int:
    if isinstance(error, AuthenticationError):
        return 401
    if isinstance(error, HttpError):
        return error.status_code
    if isinstance(error, Http404):
        return 404
    if isinstance(error, RequestDataTooBig):
        return 413
    if isinstance(error, SuspiciousOperation):
        return 400
    return 503 if isinstance(error, OperationalError) else 500


def _unexpected(request: HttpRequest, error: Exception, status: int) -> Problem:
    incident = uuid.uuid4().hex[:12]
    route = getattr(request.resolver_match, "route", "")
    log.error("unexpected error", incident=incident, method=request.method, route=route, exc_info=error)
    return problem_of_status(request, status, incident=incident, retry_after=2 if status == 503 else None)


def _fields(error: ValidationError) -> dict[str, str]:
    """``body.subject`` → what is wrong with it. The place of the body's own name is of no use to anyone."""
    fields = {}
    for item in error.errors:
        place = [str(part) for part in item["loc"][1:]]
        if item["loc"][0] == "body" and len(place) > 1:
            place = place[1:]
        fields[".".join(place) or str(item["loc"][0])] = str(item["msg"])
    return fields
