"""Knowing who calls costs one statement, and the time of use is not written on every call."""

import datetime as dt

from django.utils import timezone

from tests.callers import make_agent, make_person, open_session_of, token_of
from tests.chains import make_team
from uzel.store.access import find_actor_by_session, find_actor_by_token, secret_hash, touch
from uzel.store.models import Organization, Session, TeamMember
from uzel.store.sql import counting_queries


def test_one_statement_tells_everything_that_rights_are_decided_by() -> None:
    organization = Organization.objects.create(name="Рога и копыта")
    agent = make_agent(role="lead", login="petr")
    teams = [make_team(str(n)) for n in range(3)]
    for team in teams:
        TeamMember.objects.create(team=team, agent=agent)
    type(agent.person).objects.filter(id=agent.person_id).update(organization=organization, sees_organization=True)
    by_session, by_token = open_session_of(agent.person), token_of(agent.person, "read")

    for find, secret in ((find_actor_by_session, by_session), (find_actor_by_token, by_token)):
        with counting_queries() as queries:
            signed = find(secret_hash(secret))
        assert signed is not None
        assert queries.count == 1
        actor = signed.actor
        assert (actor.person_id, actor.agent_id, actor.role) == (agent.person_id, agent.id, "lead")
        assert actor.team_ids == {team.id for team in teams}
        assert (actor.organization_id, actor.sees_organization) == (organization.id, True)


def test_the_time_of_use_is_due_once_a_minute_and_moves_the_end_along() -> None:
    digest = secret_hash(open_session_of(make_person()))
    fresh = find_actor_by_session(digest)
    assert fresh is not None
    assert not fresh.seen_long_ago
    Session.objects.update(
        last_seen_at=timezone.now() - dt.timedelta(minutes=2), expires_at=timezone.now() + dt.timedelta(days=1)
    )
    seen = find_actor_by_session(digest)
    assert seen is not None
    assert seen.seen_long_ago
    touch(seen)
    again = find_actor_by_session(digest)
    assert again is not None
    assert not again.seen_long_ago
    assert Session.objects.get().expires_at > timezone.now() + dt.timedelta(days=13)


def test_no_session_lasts_longer_than_ninety_days() -> None:
    digest = secret_hash(open_session_of(make_person()))
    began = timezone.now() - dt.timedelta(days=89)
    Session.objects.update(created_at=began)
    signed = find_actor_by_session(digest)
    assert signed is not None
    touch(signed)
    assert Session.objects.get().expires_at <= began + dt.timedelta(days=90)
