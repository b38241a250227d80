"""Whatever is sent, the API answers as its document says: never a 500, and a problem for what can't be used.

Generated from the whole document against a running server. ``UZEL_FUZZ_EXAMPLES`` makes it try longer.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from tests.callers import make_agent, make_person, token_of
from tests.chains import make_attachment, make_delivery, make_entry, make_team, make_ticket
from tests.web.process import WebProcess
from uzel.api.app import api
from uzel.api.openapi import document
from uzel.store.models import Channel

EXAMPLES = int(os.environ.get("UZEL_FUZZ_EXAMPLES", "6"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
GENERATION = {"max-examples": EXAMPLES, "deterministic": True, "no-shrink": True}
PHASES = {"coverage": {"enabled": EXAMPLES > 20}, "stateful": {"enabled": False}}

schema = schemathesis.openapi.from_dict(
    json.loads(document(api)),
    config=schemathesis.Config.from_dict({"generation": GENERATION, "phases": PHASES}),
)


@pytest.fixture(scope="module")
def web(worker_database: str) -> Iterator[WebProcess]:
    with WebProcess(UZEL_CALLS_PER_MINUTE="1000000", UZEL_CALLS_AT_ONCE="1000000") as process:
        yield process


@pytest.fixture
def desk() -> dict[str, Any]:
    """An administrator's token, and the ids of something of every kind."""
    administrator = make_agent("Админ", login="admin", role="administrator")
    ticket = make_ticket(make_person(login="maria"), team=make_team(), owner=administrator)
    entry = make_entry(
        ticket, html="<p>hello</p>", quoted="> hello", delivery=make_delivery(b"Subject: a\r\n\r\nhello")
    )
    file = make_attachment(entry, b"hello", "a.txt", "text/plain")
    return {
        "token": token_of(administrator.person, "read", "write", "admin", "intake"),
        "number": str(ticket.id),
        "entry_id": entry.id,
        "attachment_id": file.id,
        "channel_id": Channel.objects.get().id,
        "person_id": ticket.requester_id,
        "team_id": ticket.team_id,
    }


@schema.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_the_api_keeps_its_word(case: schemathesis.Case, web: WebProcess, desk: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {desk['token']}"}
    with requests.Session() as session:
        for known in (False, True):
            if known:
                if not desk.keys() & case.path_parameters.keys():
                    return
                case.path_parameters |= {name: desk[name] for name in desk.keys() & case.path_parameters.keys()}
            response = case.call(base_url=web.url, session=session, headers=headers)
            case.validate_response(response, checks=CHECKS)
            if response.status_code >= 400 and case.method != "HEAD":
                assert response.headers["content-type"][0] == "application/problem+json"
