"""The demo is a desk as it might stand on any afternoon, and nothing in it breaks what must always hold."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.db.models import Count, F, Q
from django.utils import timezone

from uzel.kernel.config import Config, load_config
from uzel.kernel.errors import Conflict, Invalid, Unauthenticated
from uzel.roles import demo
from uzel.roles.demo import PASSWORD
from uzel.roles.up import free_port, up
from uzel.services.signing_in import sign_in
from uzel.store.models import (
    Agent,
    Delivery,
    Dispatch,
    Entry,
    Join,
    Person,
    PersonSuggestion,
    Promise,
    Team,
    Ticket,
    TicketMerge,
    TicketSplit,
)


@pytest.fixture
def loaded(db: Any) -> None:
    assert demo.load(load_config()) is True


def test_the_demo_shows_one_of_everything(loaded: None) -> None:
    assert 35 <= Ticket.objects.count() <= 45
    assert Person.objects.filter(is_provisional=False).count() >= 25
    assert Agent.objects.count() == 6
    assert Team.objects.filter(is_restricted=True).count() == 1
    assert {"email", "portal"} <= set(Entry.objects.values_list("channel_kind", flat=True))
    assert Entry.objects.filter(kind="call").count() >= 4
    assert Promise.objects.count() >= 6
    assert PersonSuggestion.objects.filter(state="open", target__name="Иван Петров").count() == 1
    assert TicketMerge.objects.filter(undone_at=None).count() == 1
    assert TicketSplit.objects.filter(undone_at=None).count() == 1
    assert Delivery.objects.filter(state="quarantined").exclude(error="").count() == 1
    assert Dispatch.objects.filter(state="failed").exclude(reason="").count() == 1
    assert Ticket.objects.filter(team__is_restricted=True).count() >= 3
    assert set(Ticket.objects.values_list("language", flat=True)) == {"ru", "en"}
    assert {"new", "open", "waiting_user", "waiting_others", "resolved", "closed"} == set(
        Ticket.objects.values_list("status", flat=True)
    )


def test_what_must_always_hold_holds_in_the_demo(loaded: None) -> None:
    standing = Count("joins", filter=Q(joins__undone_at=None))
    assert not Entry.objects.annotate(n=standing).exclude(n=1).exists()
    assert not Join.objects.filter(undone_at=None).exclude(ticket=F("entry__ticket")).exists()
    assert not Dispatch.objects.filter(state__in=["queued", "sending"]).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id FROM ticket t WHERE t.merged_into_id IS NULL AND t.last_entry_id IS DISTINCT FROM"
            " (SELECT e.id FROM entry e WHERE e.ticket_id = t.id AND e.kind <> 'event' AND NOT (e.meta ? 'automatic')"
            "  ORDER BY e.at DESC, e.id DESC LIMIT 1)"
        )
        assert cursor.fetchall() == []


def test_times_lie_in_the_past_and_in_order(loaded: None) -> None:
    now = timezone.now()
    assert not Entry.objects.filter(at__gt=now).exists()
    assert Ticket.objects.filter(last_entry_at__gt=now - dt.timedelta(minutes=30)).count() >= 5
    assert Ticket.objects.filter(created_at__lt=now - dt.timedelta(days=3)).count() >= 5
    split_off = TicketSplit.objects.values("target")
    late = Ticket.objects.filter(created_at__gt=F("last_entry_at") + dt.timedelta(minutes=1))
    assert not late.exclude(id__in=split_off).exists()
    assert not Ticket.objects.filter(answered_at__lt=F("first_contact_at")).exists()
    assert not Ticket.objects.filter(closed_at__gt=now - dt.timedelta(minutes=5)).exists()


def test_the_story_of_the_trip_is_one_ticket_of_three_channels_with_one_owner(loaded: None) -> None:
    trip = Ticket.objects.get(subject__startswith="1С не запускается, завтра встреча")
    assert trip.channels == ["email", "portal"]
    assert trip.owner is not None
    assert trip.owner.person.name == "Марина Лебедева"
    assert list(
        trip.entries.filter(direction="in").exclude(kind="event").order_by("at").values_list("kind", flat=True)
    ) == [
        "message",
        "call",
        "message",
        "message",
    ]


def test_loading_twice_changes_nothing(loaded: None) -> None:
    before = Entry.objects.count(), Person.objects.count()
    assert demo.load(load_config()) is False
    assert (Entry.objects.count(), Person.objects.count()) == before


def test_real_tickets_are_never_mixed_with_the_demo(db: Any) -> None:
    Ticket.objects.create(subject="real", requester=Person.objects.create(name="Real"))
    with pytest.raises(Conflict):
        demo.load(load_config())
    assert Ticket.objects.count() == 1


def test_everybody_named_in_the_table_can_sign_in(loaded: None) -> None:
    for login, _, _ in demo.sign_ins(russian=True):
        sign_in(login=login, password=PASSWORD, ip="127.0.0.1", user_agent="")
    assert PASSWORD in str(demo.sign_in_table(load_config()).title)


OWN = "a password of our own"


def configured(**settings: Any) -> Config:
    return msgspec.structs.replace(load_config(), **settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "uzel.example.org"])
def test_where_others_can_reach_it_the_demo_is_not_loaded_with_the_password_that_everybody_knows(
    db: Any, host: str
) -> None:
    with pytest.raises(Invalid) as refused:
        demo.load(configured(host=host))
    assert "UZEL_DEMO_PASSWORD" in refused.value.en
    assert "UZEL_DEMO_PASSWORD" in refused.value.ru
    assert not Person.objects.exists()
    with pytest.raises(Invalid):
        up(configured(host=host, port=free_port(), demo=True))
    with pytest.raises(Invalid):
        demo.load(configured(host=host, demo_password="short"))


def test_a_password_of_ones_own_opens_the_demo_and_the_public_one_does_not(db: Any) -> None:
    config = configured(host="0.0.0.0", demo_password=OWN)
    assert demo.load(config) is True
    check_only_own_opens(config)


def test_a_demo_that_was_loaded_before_gets_the_password_of_ones_own(loaded: None) -> None:
    config = configured(host="0.0.0.0", demo_password=OWN)
    assert demo.load(config) is False
    check_only_own_opens(config)


def check_only_own_opens(config: Config) -> None:
    sign_in(login="admin", password=OWN, ip="127.0.0.1", user_agent="")
    with pytest.raises(Unauthenticated):
        sign_in(login="admin", password=PASSWORD, ip="127.0.0.1", user_agent="")
    assert OWN in str(demo.sign_in_table(config).title)
