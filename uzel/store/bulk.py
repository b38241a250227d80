"""Fills an empty database with generated tickets by statements that run inside PostgreSQL. For ``uzel bench`` only.

Foreign keys and the tally trigger are switched off while loading (that takes a superuser) and the tally is counted
once at the end; the rows themselves keep every rule that the product keeps.
"""

from collections.abc import Iterator
from typing import NamedTuple

import psycopg

CHUNK = 50_000  # tickets per statement
PEOPLE_SHARE = 5  # tickets per person
AGENTS, TEAMS, SERVICES = 200, 20, 30
OPEN_SHARE = 20  # one ticket in twenty is open


class Step(NamedTuple):
    """Progress: what was just done and how many tickets stand now."""

    what: str
    tickets: int


_WORDS = """
CREATE TEMP TABLE words AS SELECT
    ARRAY['Не открывается 1С','Пропал доступ к общей папке','Принтер печатает пустые листы','VPN отключается',
          'Не приходит почта','Заказ ноутбука','Сброс пароля','Ошибка при проведении документа',
          'Outlook keeps freezing',
          'Cannot log in to Jira','Invoice address is wrong','Monitor flickers'] AS subjects,
    ARRAY['Добрый день, коллеги. ','С утра не могу начать работу. ',
          'Появляется сообщение об ошибке, снимок приложил. ',
          'Перезагрузка не помогла, кабель проверил. ','Очень нужно сегодня до обеда, сдаём отчёт. ',
          'У соседей по кабинету всё работает. ','Спасибо, жду ответа. ','Телефон для связи 204. ',
          'It started after the update last night. ','Please let me know what else you need. ',
          'Проверили настройки, обновили программу, попробуйте ещё раз. ','Готово, проверьте, пожалуйста. '] AS phrases
"""

_PEOPLE = """
INSERT INTO organization (name, domains, created_at)
SELECT 'Организация ' || n, ARRAY['org' || n || '.example'], now() FROM generate_series(1, 100) n;
INSERT INTO person (id, name, organization_id, created_at)
SELECT n, 'Сотрудник ' || n, 1 + n % 100, now() FROM generate_series(1, {people}) n;
INSERT INTO handle (person_id, kind, value, shown, proof, evidence, valid_from)
SELECT n, 'email', 'user' || n || '@org' || (1 + n % 100) || '.example', '', 3, 'directory', now()
FROM generate_series(1, {people}) n;
INSERT INTO agent (id, person_id, role) SELECT n, n, 'agent' FROM generate_series(1, {agents}) n;
INSERT INTO team (id, name_ru, name_en)
SELECT n, 'Группа ' || n, 'Team ' || n FROM generate_series(1000, 999 + {teams}) n;
INSERT INTO team_member (team_id, agent_id) SELECT 1000 + n % {teams}, n FROM generate_series(1, {agents}) n;
INSERT INTO service (id, name_ru, name_en, team_id, keywords, position)
SELECT n, 'Услуга ' || n, 'Service ' || n, 1000 + n % {teams}, ARRAY['слово' || n, 'word' || n], n
FROM generate_series(1000, 999 + {services}) n
"""

_TICKETS = """
INSERT INTO ticket (id, subject, kind, status, is_open, priority, requester_id, organization_id, owner_id, team_id,
    service_id, first_channel, channels, created_at, first_contact_at, updated_at, last_entry_id, last_entry_at,
    last_direction, last_channel, last_contact_at, preview, digest, entry_count, resolved_at, closed_at)
SELECT n, words.subjects[1 + n % 12] || ' ' || n, 'incident',
    CASE WHEN n % {open} = 0 THEN (ARRAY['new','open','waiting_user','waiting_others'])[1 + (n / {open}) % 4]
         ELSE 'closed' END,
    n % {open} = 0, 1 + (n % 4), 1 + n % {people}, 1 + (1 + n % {people}) % 100,
    CASE WHEN n % 60 = 0 THEN NULL ELSE 1 + n % {agents} END, 1000 + n % {teams}, 1000 + n % {services},
    'email', '{{email}}', at, at, at, n * 4 + 2, at + interval '3 hours', 'in', 'email', at + interval '3 hours',
    words.phrases[1 + n % 12] || words.phrases[1 + n % 11],
    words.phrases[1 + n % 12] || words.phrases[1 + n % 7], {each},
    CASE WHEN n % {open} = 0 THEN NULL ELSE at + interval '3 hours' END,
    CASE WHEN n % {open} = 0 THEN NULL ELSE at + interval '1 day' END
FROM generate_series({first}, {last}) n, words,
    LATERAL (SELECT now() - (({end} - n) * interval '20 seconds') - interval '4 hours' AS at) t
"""

_THREADS = """
INSERT INTO thread (id, channel_id, ticket_id, person_id, created_at)
SELECT n, {channel}, n, 1 + n % {people}, now() FROM generate_series({first}, {last}) n
"""

_ENTRIES = """
INSERT INTO entry (id, ticket_id, thread_id, kind, direction, channel_id, channel_kind, person_id, agent_id, subject,
    text, meta, external_id, at, created_at)
SELECT n * 4 + k, n, n, 'message', CASE WHEN k % 2 = 0 THEN 'in' ELSE 'out' END, {channel}, 'email',
    CASE WHEN k % 2 = 0 THEN 1 + n % {people} END, CASE WHEN k % 2 = 1 THEN 1 + n % {agents} END,
    words.subjects[1 + n % 12],
    (SELECT string_agg(words.phrases[1 + (n + k * i) % 12], '') FROM generate_series(1, 8) i),
    '{{}}', '<' || n * 4 + k || '@bulk.example>', at + k * interval '1 hour', now()
FROM generate_series({first}, {last}) n CROSS JOIN generate_series(0, {each} - 1) k, words,
    LATERAL (SELECT now() - (({end} - n) * interval '20 seconds') - interval '4 hours' AS at) t
"""

_JOINS = """
INSERT INTO "join" (entry_id, ticket_id, verdict, score, reasons, alternatives, at)
SELECT n * 4 + k, n, CASE WHEN k = 0 THEN 'new' ELSE 'thread' END, 100, '[]', '[]', now()
FROM generate_series({first}, {last}) n CROSS JOIN generate_series(0, {each} - 1) k
"""

_KEYS = """
INSERT INTO thread_key (key, entry_id)
SELECT 'm:<' || n * 4 + k || '@bulk.example>', n * 4 + k
FROM generate_series({first}, {last}) n CROSS JOIN generate_series(0, {each} - 1) k
"""

_TALLY = """
TRUNCATE ticket_tally, ticket_tally_delta;
INSERT INTO ticket_tally (team_id, owner_id, status, n)
SELECT team_id, owner_id, status, count(*) FROM ticket WHERE is_open GROUP BY 1, 2, 3
"""

_SEQUENCED = ("ticket", "entry", "thread", "person", "agent", "team", "service")
_SEQUENCE = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST((SELECT COALESCE(max(id), 1) FROM {table}), 10000))
"""


def fill(url: str, *, tickets: int, entries: int, channel_id: int) -> Iterator[Step]:
    """Add ``tickets`` tickets with ``entries / tickets`` (at most 4) entries each. ``url`` is a superuser's."""
    values = {
        "people": max(tickets // PEOPLE_SHARE, AGENTS),
        "agents": AGENTS,
        "teams": TEAMS,
        "services": SERVICES,
        "open": OPEN_SHARE,
        "each": max(1, min(4, round(entries / tickets))),
        "channel": channel_id,
        "end": 20_000 + tickets,
    }
    with psycopg.connect(url, autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("SET synchronous_commit = off")
        line.execute(_WORDS)
        line.execute(_PEOPLE.format(**values))
        yield Step("people", 0)
        for first in range(20_001, 20_001 + tickets, CHUNK):
            chunk = values | {"first": first, "last": min(first + CHUNK, 20_001 + tickets) - 1}
            for statement in (_TICKETS, _THREADS, _ENTRIES, _JOINS, _KEYS):
                line.execute(statement.format(**chunk))
            yield Step("tickets", int(chunk["last"]) - 20_000)
        line.execute(_TALLY)
        for table in _SEQUENCED:
            line.execute(_SEQUENCE.format(table=table))
        yield Step("statistics", tickets)
        line.execute("VACUUM (ANALYZE)")
        line.execute("CHECKPOINT")
    yield Step("done", tickets)
