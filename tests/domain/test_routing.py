from uzel.domain.reasons import explain_all
from uzel.domain.routing import RouteFacts, route


def test_the_owner_keeps_the_ticket_whatever_team_its_service_or_channel_has() -> None:
    found = route(RouteFacts(owner=4, team=1, service_team=2, channel_team=3, default_team=5))

    assert (found.owner, found.team) == (4, 1)
    assert explain_all(found.reasons, "ru") == "остаётся у ответственного"


def test_an_owner_who_left_gives_way_to_the_queue_where_it_waits() -> None:
    found = route(RouteFacts(owner=4, owner_serves=False, team=1, service_team=2))

    assert (found.owner, found.team, found.reasons[0].code) == (None, 1, "queue_keeps")


def test_the_service_goes_before_the_channel_and_the_channel_before_the_default() -> None:
    assert route(RouteFacts(service_team=2, channel_team=3, default_team=5)).team == 2
    assert route(RouteFacts(channel_team=3, default_team=5)).team == 3
    assert route(RouteFacts(default_team=5)).team == 5


def test_with_nothing_set_everybody_sees_it() -> None:
    found = route(RouteFacts())

    assert (found.owner, found.team, found.reasons[0].code) == (None, None, "default_queue")
