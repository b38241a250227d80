"""A webhook's short way stores what the long way would, and leaves every refusal to it."""

import io
import json
from typing import Any

import pytest

from uzel.store import hooks
from uzel.store.models import Channel, Delivery


@pytest.fixture
def channel(db: object) -> Channel:
    hooks._known.clear()
    return Channel.objects.create(
        kind="email", name="hooked", settings={"address": "a@b.example", "hook_token": "open"}
    )


def post(path: str, body: bytes = b"{}", **environ: str) -> tuple[str, dict[str, Any]]:
    from uzel.roles.wsgi import application

    said: list[str] = []
    request: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **environ,
    }
    parts = application(request, lambda status, headers, error=None: said.append(status))
    answer = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return said[0], json.loads(answer)


def test_a_genuine_webhook_is_stored_once_and_its_secrets_are_not(channel: Channel) -> None:
    sent = {"HTTP_IDEMPOTENCY_KEY": "k1", "HTTP_COOKIE": "uzel_session=secret"}

    assert post(f"/api/v1/hooks/{channel.id}/open", b'{"a":1}', **sent) == ("200 OK", {"new": True})
    assert post(f"/api/v1/hooks/{channel.id}/open", b'{"a":1}', **sent) == ("200 OK", {"new": False})
    delivery = Delivery.objects.get()
    assert (bytes(delivery.body), delivery.external_id) == (b'{"a":1}', "key:k1")
    assert "secret" not in str(delivery.headers)


@pytest.mark.parametrize(("token", "status"), [("wrong", 403), ("", 403)])
def test_a_forged_webhook_is_refused_with_a_problem_that_says_what_to_do(
    channel: Channel, token: str, status: int
) -> None:
    said, problem = post(f"/api/v1/hooks/{channel.id}" + (f"/{token}" if token else ""))

    assert said.startswith(str(status))
    assert "secret" in problem["detail"]
    assert not Delivery.objects.exists()


def test_a_large_webhook_goes_the_long_way_and_arrives_whole(channel: Channel) -> None:
    body = b"x" * 2_000_000

    assert post(f"/api/v1/hooks/{channel.id}/open", body)[0] == "200 OK"
    assert Delivery.objects.get().size == len(body)


def test_an_unknown_channel_is_not_found(db: object) -> None:
    assert post("/api/v1/hooks/999999/open")[0].startswith("404")
