"""What administrators set up and mend."""

import msgspec
import pytest

from tests.callers import Page, make_agent, make_person, page_of
from tests.chains import make_entry, make_ticket
from uzel.api.shapes.desk import Agents, Channels, Services, Teams
from uzel.store.models import AuditRecord, Channel, Delivery, Dispatch, Handle


@pytest.fixture
def root() -> Page:
    return page_of(make_agent("Ольга", role="administrator").person)


def test_the_catalogue_is_set_up_and_seen(root: Page) -> None:
    agent = make_agent("Анна")
    team = root.post("/teams", {"name_ru": "Сети", "name_en": "Networks", "agent_ids": [agent.id], "is_default": True})
    service = root.post(
        "/services", {"name_ru": "VPN", "name_en": "VPN", "team_id": team.json()["id"], "keywords": ["vpn"]}
    )
    category = root.post(
        "/categories", {"service_id": service.json()["id"], "name_ru": "Доступ", "name_en": "Access", "kind": "request"}
    )
    assert [answer.status_code for answer in (team, service, category)] == [201, 201, 201]
    assert root.patch(f"/categories/{category.json()['id']}", {"name_ru": "Права"}).status_code == 200
    assert root.patch("/services/999999", {"name_ru": "x"}).status_code == 404
    assert root.post("/services", {"name_ru": "x", "name_en": "x", "team_id": 999999}).status_code == 422
    services = msgspec.json.decode(root.get("/services").content, type=Services).items
    teams = msgspec.json.decode(root.get("/teams").content, type=Teams).items
    agents = msgspec.json.decode(root.get("/agents").content, type=Agents).items
    assert [one.name_ru for one in services[-1].categories] == ["Права"]
    assert [(one.name_en, one.agent_ids) for one in teams if one.is_default] == [("Networks", [agent.id])]
    assert [one.team_ids for one in agents if one.id == agent.id] == [[team.json()["id"]]]
    assert AuditRecord.objects.filter(object_kind="service", action="create").exists()


def test_a_channels_secret_goes_in_and_never_comes_out(root: Page) -> None:
    kinds = {one["kind"]: one["fields"] for one in root.get("/channel-kinds").json()["items"]}
    secret = next(field["name"] for field in kinds["email"] if field["type"] == "secret")
    given = {field["name"]: "desk@example.org" for field in kinds["email"] if field["required"]} | {secret: "s3cret"}
    made = root.post("/channels", {"kind": "email", "name": "support", "settings": given})
    assert made.status_code == 201, made.content
    shown = root.get("/channels")
    assert "s3cret" not in shown.content.decode()
    row = next(one for one in msgspec.json.decode(shown.content, type=Channels).items if one.id == made.json()["id"])
    assert row.settings is not None
    assert row.settings[secret] == "••••••"
    agent = page_of(make_agent("Анна").person).get("/channels").json()["items"]
    assert all(one["settings"] is None and one["health"] is None for one in agent)
    assert root.post("/channels", {"kind": "pigeon", "name": "x"}).status_code == 422
    assert root.patch(f"/channels/{row.id}", {"settings": {"nonsense": 1}}).status_code == 422


def test_a_delivery_in_quarantine_is_read_mended_and_taken_in_again(root: Page) -> None:
    channel = Channel.objects.create(kind="email", name="support")
    delivery = Delivery.objects.create(
        channel=channel, external_id="1", body=b"garbage", size=7, state="quarantined", error="unreadable"
    )
    (row,) = root.get("/deliveries?state=quarantined").json()["items"]
    assert (row["preview"], row["error"], row["channel_name"]) == ("garbage", "unreadable", "support")
    assert root.get(f"/deliveries/{delivery.id}/body").content == b"garbage"
    mended = root.client.put(f"/api/v1/deliveries/{delivery.id}/body", b"From: a@b.example\n\nhi", "message/rfc822")
    assert mended.status_code == 204, mended.content
    assert root.post(f"/deliveries/{delivery.id}/replay").status_code == 204
    delivery.refresh_from_db()
    assert (delivery.state, bytes(delivery.body or b"")) == ("new", b"From: a@b.example\n\nhi")
    assert root.post(f"/deliveries/{delivery.id}/replay").status_code == 409


def test_a_failed_reply_is_sent_again_or_by_another_channel(root: Page) -> None:
    mail, second = (Channel.objects.create(kind="email", name=name) for name in ("support", "spare"))
    person = make_person("Мария", login="maria")
    entry = make_entry(make_ticket(person), direction="out")
    failed = Dispatch.objects.create(entry=entry, channel=mail, to_value="maria@example.org", state="failed")
    assert root.post(f"/dispatches/{failed.id}/resend").json()["dispatches"][0]["state"] == "queued"
    assert root.post(f"/dispatches/{failed.id}/resend").status_code == 409
    assert root.post(f"/dispatches/{failed.id}/send-by", {"channel_id": second.id}).status_code == 409
    Dispatch.objects.update(state="unsure")
    sent = root.post(f"/dispatches/{failed.id}/send-by", {"channel_id": second.id, "to": "maria@example.org"})
    assert [one["state"] for one in sent.json()["dispatches"]] == ["unsure", "queued"]
    Handle.objects.filter(person=person).update(value="new@example.org")
    assert root.post(f"/dispatches/{failed.id}/resend").status_code == 422


def test_people_become_agents_and_the_last_administrator_stays(root: Page) -> None:
    person = make_person("Новый специалист", login="new")
    team = root.post("/teams", {"name_ru": "Сети", "name_en": "Networks"}).json()["id"]
    made = root.post("/agents", {"person_id": person.id, "role": "lead", "team_ids": [team]})
    assert made.status_code == 201, made.content
    page = page_of(person)
    assert page.get("/me").json()["role"] == "lead"
    assert root.post("/agents", {"person_id": person.id}).status_code == 409
    assert page.patch(f"/agents/{made.json()['id']}", {"role": "administrator"}).status_code == 403
    own = next(one for one in root.get("/agents").json()["items"] if one["role"] == "administrator")
    assert root.patch(f"/agents/{own['id']}", {"role": "agent"}).status_code == 409
    assert root.patch(f"/agents/{made.json()['id']}", {"is_active": False, "team_ids": []}).status_code == 200
    assert page.get("/me").status_code == 401


def test_an_organisation_keeps_its_domains_in_one_spelling(root: Page) -> None:
    made = root.post("/organizations", {"name": "Ромашка", "domains": ["Romashka.Example", " romashka.example"]}).json()
    (shown,) = root.get("/organizations?q=ромаш").json()["items"]
    assert (shown["id"], shown["domains"]) == (made["id"], ["romashka.example"])
    assert root.patch("/organizations/999999", {"name": "x"}).status_code == 404
