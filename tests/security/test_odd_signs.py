"""NUL, halves of letters and endless words in every field of every body: refused or stored, never a 500."""

import json
from typing import Any

import pytest

from tests.callers import API, page_of
from tests.security.hidden import Hidden
from uzel.api.app import api
from uzel.api.openapi import document

DOCUMENT: dict[str, Any] = json.loads(document(api))
ODD = {"NUL": "a\\u0000b", "half a letter": "a\\ud800b", "turned around": "\\u202ea", "endless": "x" * 200_000}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def sample(schema: dict[str, Any], depth: int = 0) -> Any:
    """Something that fits, with ODD in the place of every free text."""
    schema = resolved(schema)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return sample(schema[choice][0], depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        named = {name: sample(part, depth + 1) for name, part in schema.get("properties", {}).items()}
        return named or {"@ODD@": "@ODD@"}
    if kind == "array":
        return [sample(schema.get("items", {}), depth + 1)]
    if kind == "string":
        return {"uuid": "00000000-0000-0000-0000-000000000001", "date-time": "9999-12-31T23:59:59+14:00"}.get(
            schema.get("format", ""), "@ODD@"
        )
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind))


def bodies() -> list[tuple[str, str, Any]]:
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                found.append((method.upper(), path, sample(content["schema"])))
    return found


@pytest.mark.parametrize("odd", ODD)
def test_no_body_breaks_the_server(odd: str) -> None:
    hidden = Hidden()
    page = page_of(hidden.insider.person)
    broken = []
    for method, path, body in bodies():
        text = json.dumps(body).replace("@ODD@", ODD[odd])
        headers = {"If-Match": '"1"', "Idempotency-Key": f"{method} {path} {odd}"[:128]}
        call = getattr(page.client, method.lower())
        answer = call(API + hidden.path(path), data=text, content_type="application/json", headers=headers)
        if answer.status_code >= 500:
            broken.append(f"{method} {path}: {answer.status_code} {answer.content[:200]!r}")
    assert broken == []


@pytest.mark.parametrize("odd", ["%00", "%ed%a0%80", "%E2%80%AE", "9" * 400, "-1", "%27%22%5C", "../../etc"])
def test_no_query_or_header_breaks_the_server(odd: str) -> None:
    hidden = Hidden()
    page = page_of(hidden.insider.person)
    broken = []
    for path, methods in DOCUMENT["paths"].items():
        if "get" not in methods or "/html" in path:
            continue
        names = [one["name"] for one in methods["get"].get("parameters", []) if one["in"] == "query"]
        queries = [f"?{name}={odd}" for name in names]
        for query in queries:
            answer = page.get(hidden.path(path) + query)
            if answer.status_code >= 500:
                broken.append(f"{path}{query}: {answer.status_code}")
    for header in ("If-Match", "Idempotency-Key", "Accept-Language", "Range", "If-None-Match", "Last-Event-ID"):
        answer = page.patch(f"/tickets/{hidden.ids['number']}", {"subject": "x"}, **{header: odd})
        if answer.status_code >= 500:
            broken.append(f"{header}: {answer.status_code}")
    assert broken == []
