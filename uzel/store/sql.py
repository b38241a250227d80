"""Named SQL on Django's own connection: prepared, binary, in the same transaction as the ORM.

A hot read is one Query. Its name stands as a comment in the statement, so pg_stat_activity and logs show it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from psycopg.rows import dict_row


class Query(NamedTuple):
    """One statement with a name and ``%(param)s`` places. State literals belong into the text, never into params:
    a generic plan can prove a partial index only from literals."""

    name: str
    text: str

    @property
    def statement(self) -> str:
        return f"/* {self.name} */ {self.text}"


class Counter:
    """How many statements ran inside ``counting_queries()``."""

    count = 0


_counters: list[Counter] = []


def fetch(query: Query, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All rows, each a dict by column name."""
    with _execute(query, params) as cursor:
        return cursor.fetchall()


def fetch_one(query: Query, params: Mapping[str, Any]) -> dict[str, Any] | None:
    with _execute(query, params) as cursor:
        return cursor.fetchone()


def run(query: Query, params: Mapping[str, Any]) -> int:
    """Execute a change; gives the number of rows touched."""
    with _execute(query, params) as cursor:
        return cursor.rowcount


def run_many(query: Query, params: Sequence[Mapping[str, Any]]) -> None:
    """The same statement for many rows in one round trip (psycopg pipelines them)."""
    if params:
        connection.ensure_connection()
        _count()
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.executemany(query.statement, params)


@contextmanager
def _execute(query: Query, params: Mapping[str, Any]) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
    connection.ensure_connection()
    _count()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor:
        cursor.execute(query.statement, params, prepare=True, binary=True)
        yield cursor


def _count() -> None:
    for counter in _counters:
        counter.count += 1


@contextmanager
def counting_queries() -> Iterator[Counter]:
    """Counts every statement of this thread's connection, ours and the ORM's: the guard against N+1."""
    counter = Counter()

    def see(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        counter.count += 1
        return execute(sql, params, many, context)

    _counters.append(counter)
    try:
        with connection.execute_wrapper(see):
            yield counter
    finally:
        _counters.remove(counter)
