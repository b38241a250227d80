"""Webhooks are stored once, before they are answered, and only from those who may bring them."""

from typing import Any

import pytest

from tests.callers import Page, make_agent, program_of
from uzel.store import hooks
from uzel.store.models import Channel, Delivery


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    hooks._known.clear()


def post(caller: Page, path: str, body: bytes = b"{}", **headers: str) -> Any:
    return caller.client.post(f"/api/v1/hooks/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def channel() -> Channel:
    return Channel.objects.create(kind="email", name="hook", settings={"hook_token": "s3cret"})


def test_the_address_with_the_token_stores_what_was_posted_once(channel: Channel) -> None:
    first = post(Page(), f"{channel.id}/s3cret", b'{"text":"hello"}')
    again = post(Page(), f"{channel.id}/s3cret", b'{"text":"hello"}')
    assert (first.json(), again.json()) == ({"new": True}, {"new": False})
    stored = Delivery.objects.get()
    assert bytes(stored.body) == b'{"text":"hello"}'
    assert stored.headers["content-type"] == "application/json"


@pytest.mark.parametrize("token", ["", "/wrong", "/s3cre", "/S3CRET", "/%00"])
def test_a_wrong_token_stores_nothing(channel: Channel, token: str) -> None:
    assert post(Page(), f"{channel.id}{token}").status_code == 403
    assert not Delivery.objects.exists()


def test_a_channel_without_a_token_takes_no_webhooks() -> None:
    channel = Channel.objects.create(kind="email", name="mail")
    assert post(Page(), f"{channel.id}/").status_code == 404
    assert post(Page(), f"{channel.id}").status_code == 404
    assert post(Page(), f"{channel.id + 1}/s3cret").status_code == 404


def test_a_program_with_the_scope_intake_brings_anything(channel: Channel) -> None:
    administrator = make_agent(role="administrator").person
    assert post(program_of(administrator, "intake"), f"{channel.id}").json() == {"new": True}
    assert post(program_of(administrator, "read", "write", "admin"), f"{channel.id}").status_code == 403


def test_the_callers_key_tells_equal_bodies_apart(channel: Channel) -> None:
    bodies = [post(Page(), f"{channel.id}/s3cret", **{"Idempotency-Key": key}).json() for key in ("1", "2", "2")]
    assert bodies == [{"new": True}, {"new": True}, {"new": False}]


def test_credentials_of_the_sender_are_not_kept(channel: Channel) -> None:
    post(Page(), f"{channel.id}/s3cret", Authorization="Basic c2VjcmV0", Cookie="a=b")
    assert not {"authorization", "cookie"} & Delivery.objects.get().headers.keys()


def test_a_burst_of_webhooks_is_not_slowed_down(channel: Channel) -> None:
    answers = {post(Page(), f"{channel.id}/s3cret", str(n).encode()).status_code for n in range(150)}
    assert answers == {200}
