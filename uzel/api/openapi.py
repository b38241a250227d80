"""The OpenAPI 3.1 document of the API: served, and committed as docs/openapi.json."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from ninja import NinjaAPI

from uzel.api.answers import SHAPES, shape_schema
from uzel.api.auth import CLIENT_HEADER
from uzel.api.idempotency import KEY_HEADER, LONGEST_KEY
from uzel.api.problems import PROBLEM_JSON, Problem
from uzel.api.rules import rules_of

PREFIX = "/api/v1/"
KEY = {"type": "string", "maxLength": LONGEST_KEY, "minLength": 1, "pattern": "^[!-~]+$"}
CLIENT = {"type": "string"}
UNSAFE = ("post", "put", "patch", "delete")


@cache
def document(api: NinjaAPI) -> str:
    """The document as text, the same bytes on every machine."""
    schema: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    problem = {"description": "What went wrong.", "content": {PROBLEM_JSON: {"schema": shape_schema(Problem)}}}
    schema["components"]["schemas"] |= json.loads(json.dumps(SHAPES))
    views = _views(api)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            operation["responses"]["default"] = problem
            operation["parameters"] = [*operation["parameters"], *_headers(views[path, method], method)]
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _views(api: NinjaAPI) -> dict[tuple[str, str], Any]:
    """The operation behind every path and method of the document."""
    found: dict[tuple[str, str], Any] = {}
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                full = _documented(f"{PREFIX}/{router.prefix}/{path}")
                found |= {(full, method.lower()): operation for method in operation.methods}
    return found


def _documented(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    return "/" + "/".join("{" + part[1:-1].rpartition(":")[2] + "}" if part[0] == "{" else part for part in parts)


def _headers(operation: Any, method: str) -> list[dict[str, Any]]:
    """The headers of a call, those that the gate reads and those that the view names."""
    rules = rules_of(operation.view_func)
    headers = [_header(name, schema, required=True) for name, schema in rules.headers.items()]
    if method not in UNSAFE:
        return headers
    if operation.auth_callbacks and not (rules.reads_stream or rules.is_repeatable):
        headers.append(_header(KEY_HEADER, KEY, required=method == "post" and rules.needs_key))
    if rules.guards_browsers:
        headers.append(_header(CLIENT_HEADER, CLIENT, required=False))
    return headers


def _header(name: str, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "schema": dict(schema)}
