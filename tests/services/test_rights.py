"""Who may see and do what: the store's SQL and the domain's rules say the same, and the services keep to it."""

import itertools
from typing import Any

import pytest

from tests.services.desk import Desk
from uzel.domain.permissions import Action, Actor, TicketFacts, may
from uzel.domain.statuses import Status
from uzel.kernel.errors import Forbidden, NotFound
from uzel.services.asking import ask
from uzel.services.assigning import take
from uzel.services.confirming import confirm, reopen
from uzel.services.editing import edit
from uzel.services.noting import note
from uzel.services.participating import let_in
from uzel.services.replying import Reply, reply
from uzel.store.models import Agent, Entry, Organization, Ticket
from uzel.store.queries.ticket_list import Wanted, fetch_list
from uzel.store.queries.ticket_page import fetch_page

ROLES = ("stranger", "requester", "participant", "colleague", "agent", "member", "owner", "lead", "administrator")


class Cast:
    """One actor per role towards one ticket, in an open or a restricted team."""

    def __init__(self, desk: Desk, *, restricted: bool) -> None:
        self.team = desk.hr if restricted else desk.team
        company = Organization.objects.create(name="Ромашка")
        asker = desk.person("Проситель", "asker@example.org", organization=company)
        friend = desk.person("Участник", "friend@example.org")
        colleague = desk.person("Коллега", organization=company, sees_organization=True)
        owner = desk.agent("Владелец")
        self.ticket = desk.ticket(
            asker, team_id=self.team.id, owner_id=owner.agent_id, status="resolved", is_open=False
        )
        let_in(self.ticket.id, person_id=friend.id, by=desk.root)
        self.actors: dict[str, Actor] = {
            "stranger": desk.as_requester(desk.person("Чужой")),
            "requester": desk.as_requester(asker),
            "participant": desk.as_requester(friend),
            "colleague": desk.as_requester(colleague),
            "agent": desk.agent("Другой"),
            "member": desk.agent("Из группы", team=self.team),
            "owner": owner,
            "lead": desk.agent("Начальник", role="lead"),
            "administrator": desk.root,
        }
        self.facts = TicketFacts(
            requester_id=asker.id,
            participant_ids=frozenset({friend.id}),
            owner_id=owner.agent_id,
            team_id=self.team.id,
            restricted=restricted,
            organization_id=company.id,
            status=Status.RESOLVED,
        )

    def act(self, action: Action, by: Actor) -> Any:
        id = self.ticket.id
        version = Ticket.objects.get(id=id).version
        return {
            Action.SEE: lambda: fetch_page(id, by),
            Action.NOTE: lambda: note(id, "x", by=by),
            Action.REPLY: lambda: reply(id, Reply(text="x"), by=by) if by.agent_id else ask(id, "x", by=by),
            Action.ASSIGN: lambda: (
                take(id, by=by)
                if by.agent_id == self.facts.owner_id
                else edit(id, {"owner_id": by.agent_id}, version=version, by=by)
            ),
            Action.EDIT: lambda: edit(id, {"urgency": 1}, version=version, by=by),
            Action.CONFIRM: lambda: confirm(id, by=by),
            Action.REOPEN: lambda: reopen(id, by=by),
        }[action]()


ACTIONS = (Action.SEE, Action.NOTE, Action.REPLY, Action.ASSIGN, Action.EDIT, Action.CONFIRM, Action.REOPEN)


@pytest.mark.parametrize("restricted", [False, True])
def test_what_each_role_may_do_is_what_the_rules_say(desk: Desk, restricted: bool) -> None:
    cast = Cast(desk, restricted=restricted)
    wrong = []
    for role, action in itertools.product(ROLES, ACTIONS):
        by = cast.actors[role]
        Ticket.objects.filter(id=cast.ticket.id).update(
            status="resolved", is_open=False, confirmed_at=None, owner_id=cast.facts.owner_id
        )
        try:
            cast.act(action, by)
            happened = True
        except (Forbidden, NotFound):
            happened = False
        if happened != may(by, action, cast.facts):
            wrong.append((role, str(action), happened))
    assert wrong == []


@pytest.mark.parametrize("restricted", [False, True])
def test_lists_show_what_the_rules_let_see(desk: Desk, restricted: bool) -> None:
    cast = Cast(desk, restricted=restricted)
    for role, by in cast.actors.items():
        scope = "desk" if by.agent_id else "organization"
        rows, _ = fetch_list(Wanted(view="all", scope=scope), by)
        assert (cast.ticket.id in {row["id"] for row in rows}) == may(by, Action.SEE, cast.facts), role


def test_outside_the_desk_nothing_internal_is_told(desk: Desk) -> None:
    ticket = desk.ticket(None, "Не печатает")
    friend = desk.person("Участник", "friend@example.org")
    let_in(ticket.id, person_id=friend.id, by=desk.anna)
    reply(ticket.id, Reply(text="Какой принтер?"), by=desk.anna)
    note(ticket.id, "клиент грубит", by=desk.anna)
    for person in (desk.maria, friend):
        actor = desk.as_requester(person)
        head, entries, _ = fetch_page(ticket.id, actor)
        rows, _ = fetch_list(Wanted(view="all", scope="own"), actor)
        told = repr((head, [dict(entry, meta="") for entry in entries], rows))
        assert "грубит" not in told
        assert all(entry["kind"] != "note" and entry["direction"] != "internal" for entry in entries)
        assert all(entry["join"] is None for entry in entries)
        assert all(b'"to" : ""' in bytes(entry["dispatches"]) for entry in entries if entry["text"] == "Какой принтер?")
        assert rows[0]["preview"] == "Какой принтер?"
        others = {"maria@example.org", "friend@example.org"} - (
            {"maria@example.org"} if person == desk.maria else set()
        )
        assert not any(address in told for address in others - {"x"}), told
        assert (head["merges"], head["splits"], head["suggestions"], head["links"]) == ([], [], [], [])


def test_an_agent_who_asks_himself_sees_only_the_public_half_of_a_closed_team(desk: Desk) -> None:
    anna = Agent.objects.get(id=desk.anna.agent_id).person
    ticket = desk.ticket(anna, team_id=desk.hr.id)
    note(ticket.id, "готовим приказ", by=desk.root)
    head, entries, _ = fetch_page(ticket.id, desk.anna)
    assert (head["is_desk"], [entry["kind"] for entry in entries if entry["kind"] == "note"]) == (False, [])
    with pytest.raises(Forbidden):
        note(ticket.id, "x", by=desk.anna)
    assert Entry.objects.filter(kind="note").count() == 1
