"""Hot reads cost one statement besides the one that finds the caller, however much there is; and use their indexes."""

import json
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from tests.callers import make_agent, make_person, page_of
from tests.chains import make_entry, make_ticket
from uzel.api.shapes.tickets import TicketPage, Tickets
from uzel.domain.permissions import Actor
from uzel.store.queries.audience import reader
from uzel.store.queries.ticket_list import DESK_VIEWS, OWN_VIEWS, desk_list, own_list
from uzel.store.queries.ticket_page import page_query
from uzel.store.sql import counting_queries

INDEX = {
    "open": "ticket_open",
    "mine": "ticket_owner",
    "my-teams": "ticket_team",
    "unassigned": "ticket_unassigned",
    "waiting": "ticket_waiting",
    "due": "ticket_due",
    "all": "ticket_recent",
    "closed": "ticket_recent",
}


def fill(tickets: int) -> None:
    """``tickets`` of 500 people in 8 teams, two of them restricted, half of them open."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO person (name) SELECT 'Человек ' || g FROM generate_series(1, 500) g;
            INSERT INTO team (name_ru, name_en, is_restricted)
                SELECT 'Группа ' || g, 'Team ' || g, g > 6 FROM generate_series(1, 8) g;
            INSERT INTO agent (person_id, role) SELECT id, 'agent' FROM person ORDER BY id DESC LIMIT 20;
            INSERT INTO team_member (agent_id, team_id)
                SELECT a.id, t.id FROM agent a JOIN team t ON t.id % 4 = a.id % 4;
            """
        )
        cursor.execute(
            """
            INSERT INTO ticket (subject, status, is_open, requester_id, owner_id, team_id, due_at, last_entry_at)
            SELECT 'Тема ' || g,
                   (ARRAY['new', 'open', 'waiting_user', 'closed', 'closed', 'resolved'])[1 + mod(g, 6)], mod(g, 6) < 3,
                   p.first + mod(g, 500), CASE WHEN mod(g, 3) > 0 THEN a.first + mod(g, 20) END,
                   CASE WHEN mod(g, 9) > 0 THEN t.first + mod(g, 8) END,
                   CASE WHEN mod(g, 7) = 0 THEN now() + g * interval '1 minute' END, now() - g * interval '1 minute'
            FROM generate_series(1, %s) g, (SELECT min(id) AS first FROM person WHERE name LIKE 'Человек %%') p,
                 (SELECT min(id) AS first FROM agent) a,
                 (SELECT min(id) AS first FROM team WHERE name_ru LIKE 'Группа %%') t
            """,
            [tickets],
        )
        cursor.execute("ANALYZE")


def fill_chains() -> None:
    """Two messages in every ticket, with joins, dispatches and files; an address for everybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO channel (kind, name) VALUES ('email', 'support@example.org');
            INSERT INTO entry (ticket_id, kind, direction, person_id, text)
                SELECT t.id, 'message', way, t.requester_id, 'слова' FROM ticket t, unnest(ARRAY['in', 'out']) way;
            INSERT INTO "join" (entry_id, ticket_id, verdict) SELECT id, ticket_id, 'new' FROM entry;
            INSERT INTO dispatch (entry_id, channel_id, to_value)
                SELECT e.id, c.id, 'x@example.org' FROM entry e, channel c
                WHERE c.kind = 'email' AND e.direction = 'out';
            INSERT INTO attachment (entry_id, name, size) SELECT id, 'a.txt', 1 FROM entry;
            INSERT INTO handle (person_id, kind, value)
                SELECT p.id, 'email', p.id || '-' || n || '@example.org' FROM person p, generate_series(1, 6) n;
            """
        )
        cursor.execute("ANALYZE")


def plan_of(query: Any, params: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + query.text, params)
        (plan,) = cursor.fetchone()
    return json.dumps(plan)


def test_lists_read_their_own_index_and_never_the_whole_table() -> None:
    fill(20_000)
    agent = Actor(person_id=1, agent_id=1, role="agent", team_ids=frozenset({1, 2}))
    params = reader(agent) | {"at": timezone.now(), "after": 10_500}
    for role in ("agent", "administrator"):
        for view in DESK_VIEWS:
            for more in (False, True):
                plan = plan_of(desk_list(view, role, (), more, 51), params)
                assert f'"{INDEX[view]}"' in plan, (view, role, plan)
                assert not _scans(plan, "ticket"), (view, role)
    for view in OWN_VIEWS:
        plan = plan_of(own_list(view, True, False, 51), params | {"organization": 1})
        assert not _scans(plan, "ticket"), view


def _scans(plan: str, table: str) -> bool:
    """Whether any node of the plan reads the whole table."""

    def walk(node: Any) -> bool:
        if isinstance(node, list):
            return any(walk(item) for item in node)
        if isinstance(node, dict):
            return (node.get("Node Type") == "Seq Scan" and node.get("Relation Name") == table) or any(
                walk(value) for value in node.values()
            )
        return False

    return walk(json.loads(plan))


def test_a_page_finds_everything_by_index() -> None:
    fill(4_000)
    fill_chains()
    actor = Actor(person_id=1, agent_id=1, role="agent")
    plan = plan_of(page_query("agent"), reader(actor) | {"number": 10_500})
    for table in ("ticket", "entry", "dispatch", "join", "attachment", "handle"):
        assert not _scans(plan, table), table


@pytest.mark.parametrize("path", ["/tickets", "/tickets?view=my-teams", "/tickets/{number}", "/tickets/counts"])
def test_a_hot_read_is_two_statements(path: str) -> None:
    fill(60)
    agent = make_agent("Анна", role="administrator")
    ticket = make_ticket(make_person())
    for number in range(40):
        make_entry(ticket, text=f"письмо {number}")
    page = page_of(agent.person)
    page.get("/me")
    with counting_queries() as counter:
        answer = page.get(path.format(number=f"U-{ticket.id}"))
    assert answer.status_code == 200, answer.content
    assert counter.count <= 2


def test_what_the_database_gives_fits_the_documented_shapes() -> None:
    fill(60)
    person = make_person("Мария")
    ticket = make_ticket(person)
    for number in range(40):
        make_entry(ticket, text=f"письмо {number}", direction="in" if number % 2 else "out")
    for who in (make_agent("Анна").person, person):
        page = page_of(who)
        listed = msgspec.json.decode(page.get("/tickets?view=all").content, type=Tickets)
        shown = msgspec.json.decode(page.get(f"/tickets/{ticket.id}").content, type=TicketPage)
        assert listed.items[0].number == f"U-{ticket.id}"
        assert (len(shown.entries), shown.earlier is not None) == (30, True)
        assert shown.entries[-1].text == "письмо 39"
        earlier = msgspec.json.decode(page.get(f"/tickets/{ticket.id}/entries?before={shown.earlier}").content)
        assert [entry["text"] for entry in earlier["items"]] == [f"письмо {number}" for number in range(10)]
        assert earlier["earlier"] is None
