"""Answers: msgspec structs straight to bytes, Cyrillic as it is, times as RFC 3339 with Z.

``@answers(Shape)`` above a view does two things: it encodes what the view gives, and it puts the shape into the
OpenAPI document. A view that has to set headers gives ``answer(...)`` itself.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja.constants import NOT_SET
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.utils import contribute_operation_callback

JSON = "application/json"
SHAPES: dict[str, Any] = {}  # components of the OpenAPI document, by name
REFERENCE = "#/components/schemas/{name}"

_encoder = msgspec.json.Encoder()


class JsonRenderer(BaseRenderer):
    """For the views that give plain values and name no shape."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return _encoder.encode(data)


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return msgspec.json.decode(request.body)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """``value`` (structs, dicts, lists, times, None for no body) as a response."""
    body = b"" if value is None else _encoder.encode(value)
    response = HttpResponse(body, status=status, content_type=JSON, headers=dict(headers or {}))
    if value is None:
        del response["Content-Type"]
    return response


def answers(shape: Any, *, status: int = 200, also: Mapping[int, str] | None = None) -> Callable[..., Any]:
    """The view gives ``shape`` (a struct type, ``list[...]``, or None for an empty answer) with ``status``.

    Args: also: further statuses without a described body, with what they mean.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            result = view(request, *args, **kwargs)
            return result if isinstance(result, HttpResponseBase) else answer(result, status)

        contribute_operation_callback(answered, functools.partial(_describe, shape, status, also or {}))
        return answered

    return decorate


def answers_bytes(content_type: str, *, also: Mapping[int, str] | None = None) -> Callable[..., Any]:
    """For the document only: the view gives a response of its own, usually with this content type."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (content_type, "*/*")}
        described: dict[int, Any] = {code: {"description": meaning} for code, meaning in (also or {}).items()}
        described[200] = {"description": "The content.", "content": content}
        contribute_operation_callback(view, functools.partial(_put, described))
        return view

    return decorate


def shape_schema(shape: Any) -> dict[str, Any]:
    """The JSON schema of a struct type, by reference; its parts stand in SHAPES from now on."""
    (schema,), components = msgspec.json.schema_components([shape], ref_template=REFERENCE)
    SHAPES.update(components)
    return schema


def _describe(shape: Any, status: int, also: Mapping[int, str], operation: Operation) -> None:
    content = {} if shape is None else {"content": {JSON: {"schema": shape_schema(shape)}}}
    described: dict[int, Any] = {code: {"description": meaning} for code, meaning in also.items()}
    _put(described | {status: content}, operation)


def _put(described: Mapping[int, Any], operation: Operation) -> None:
    operation.response_models = {status: NOT_SET for status in described}
    extra = dict(operation.openapi_extra or {})
    operation.openapi_extra = extra | {"responses": extra.get("responses", {}) | dict(described)}
