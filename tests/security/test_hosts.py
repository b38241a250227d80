"""By which names Uzel may be opened."""

from typing import Any

import pytest
from django.test import Client

from tests.callers import PASSWORD, make_person


def sign_in_at(host: str) -> Any:
    make_person(login="maria")
    headers = {"X-Uzel-Client": "web", "Origin": f"http://{host}"}
    body = {"login": "maria", "password": PASSWORD}
    return Client(SERVER_NAME=host, headers=headers).post("/api/v1/session", body, content_type="application/json")


@pytest.mark.usefixtures("db")
def test_who_opens_uzel_by_a_name_that_nobody_set_is_told_which_setting_it_takes() -> None:
    answer = sign_in_at("desk.elsewhere.example")
    assert answer.status_code == 403
    assert "UZEL_ALLOWED_HOSTS" in answer.json()["detail"]
    assert "UZEL_ALLOWED_HOSTS" in answer.json()["detail_ru"]


@pytest.mark.usefixtures("db")
def test_a_name_that_is_set_will_do(settings_hosts: list[str]) -> None:
    settings_hosts.append("desk.elsewhere.example")
    assert sign_in_at("desk.elsewhere.example").status_code == 200


@pytest.fixture
def settings_hosts() -> Any:
    from django.conf import settings

    before = list(settings.ALLOWED_HOSTS)
    yield settings.ALLOWED_HOSTS
    settings.ALLOWED_HOSTS[:] = before
