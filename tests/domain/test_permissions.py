import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from uzel.domain.permissions import Action, Actor, Role, TicketFacts, has_role, is_party, may, serves
from uzel.domain.statuses import DONE, Status

TICKET = TicketFacts(requester_id=1, participant_ids=frozenset({2}), owner_id=10, team_id=7, organization_id=5)
SECRET = replace(TICKET, restricted=True)
REQUESTER, PARTICIPANT, STRANGER = Actor(person_id=1), Actor(person_id=2), Actor(person_id=3)
AGENT = Actor(person_id=90, agent_id=11, role="agent")
LEAD = replace(AGENT, role="lead")
ADMINISTRATOR = replace(AGENT, role="administrator")

actors = st.builds(
    Actor,
    person_id=st.integers(1, 4),
    agent_id=st.none() | st.integers(10, 12),
    role=st.sampled_from([role.value for role in Role]),
    team_ids=st.frozensets(st.integers(6, 8)),
    organization_id=st.none() | st.integers(5, 6),
    sees_organization=st.booleans(),
)
facts = st.builds(
    TicketFacts,
    requester_id=st.integers(1, 4),
    participant_ids=st.frozensets(st.integers(1, 4), max_size=2),
    owner_id=st.none() | st.integers(10, 12),
    team_id=st.none() | st.integers(6, 8),
    restricted=st.booleans(),
    organization_id=st.none() | st.integers(5, 6),
    status=st.sampled_from(Status),
)


@given(actors, facts)
def test_who_does_not_serve_a_ticket_never_sees_its_notes_nor_changes_it(actor: Actor, ticket: TicketFacts) -> None:
    if not serves(actor, ticket):
        desk = {Action.SEE_NOTES, Action.NOTE, Action.ASSIGN, Action.EDIT, Action.MERGE, Action.SPLIT, Action.ERASE}
        assert not [action for action in desk if may(actor, action, ticket)]


@given(actors, facts, st.sampled_from(Action))
def test_whoever_may_do_anything_may_see(actor: Actor, ticket: TicketFacts, action: Action) -> None:
    assert may(actor, action, ticket) <= may(actor, Action.SEE, ticket)


@given(actors, facts)
def test_a_restricted_team_is_seen_by_members_owner_administrators_and_parties_only(
    actor: Actor, ticket: TicketFacts
) -> None:
    hidden = replace(ticket, restricted=True)
    allowed = is_party(actor, hidden) or (
        has_role(actor, Role.AGENT)
        and (actor.role == "administrator" or actor.agent_id == hidden.owner_id or hidden.team_id in actor.team_ids)
    )

    assert may(actor, Action.SEE, hidden) == allowed


@pytest.mark.parametrize("party", [REQUESTER, PARTICIPANT])
def test_parties_write_and_never_see_notes(party: Actor) -> None:
    assert {action for action in Action if may(party, action, TICKET)} == {Action.SEE, Action.REPLY}
    assert may(party, Action.CONFIRM, replace(TICKET, status=Status.RESOLVED))
    assert may(party, Action.REOPEN, replace(TICKET, status=Status.CLOSED))
    assert not may(party, Action.CONFIRM, replace(TICKET, status=Status.CLOSED))


def test_a_stranger_sees_nothing_and_a_role_without_an_agent_is_worth_nothing() -> None:
    assert not [action for action in Action if may(STRANGER, action, TICKET)]
    assert not may(replace(STRANGER, role="administrator"), Action.SEE, TICKET)


def test_a_lead_outside_a_restricted_team_is_kept_out() -> None:
    assert may(LEAD, Action.SEE, TICKET)
    assert not may(LEAD, Action.SEE, SECRET)
    assert may(replace(LEAD, team_ids=frozenset({7})), Action.SEE, SECRET)
    assert may(replace(AGENT, agent_id=10), Action.ASSIGN, SECRET)
    assert may(ADMINISTRATOR, Action.SEE, SECRET)


def test_only_an_administrator_erases_and_no_agent_confirms_for_a_person() -> None:
    assert not may(LEAD, Action.ERASE, TICKET)
    assert may(ADMINISTRATOR, Action.ERASE, TICKET)
    assert not may(ADMINISTRATOR, Action.CONFIRM, replace(TICKET, status=Status.RESOLVED))


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_done_can_be_reopened(status: Status) -> None:
    assert may(AGENT, Action.REOPEN, replace(TICKET, status=status)) is (status in DONE)


def test_seeing_the_organisation_is_reading_only_and_stops_at_restricted_teams() -> None:
    manager = Actor(person_id=3, organization_id=5, sees_organization=True)

    assert {action for action in Action if may(manager, action, TICKET)} == {Action.SEE}
    assert not may(manager, Action.SEE, SECRET)
    assert not may(replace(manager, organization_id=6), Action.SEE, TICKET)
    assert not may(replace(manager, organization_id=None), Action.SEE, replace(TICKET, organization_id=None))
