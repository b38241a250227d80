"""The API document: one file in the repository, always what the program really serves."""

import json
from pathlib import Path

from tests.callers import Page
from uzel.api.app import api
from uzel.api.openapi import document

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_what_the_program_serves() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == document(api), "stale: run python -m uzel openapi"


def test_the_document_is_served() -> None:
    served = json.loads(Page().get("/openapi.json").content)
    assert served["openapi"].startswith("3.1")


def test_every_operation_names_its_problems_and_its_own_id() -> None:
    operations = [operation for path in json.loads(document(api))["paths"].values() for operation in path.values()]
    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in operations)
    names = [operation["operationId"] for operation in operations]
    assert sorted(set(names)) == sorted(names)
