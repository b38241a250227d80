"""Can this database do what Uzel needs? Asked of every database at start, ours or DATABASE_URL."""

import psycopg

from uzel.store.postgres.binaries import OLDEST
from uzel.store.postgres.problems import DatabaseUnusable

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")


def check_database(url: str) -> str:
    """The server's version, as in "18.6". Raises DatabaseUnusable saying what is missing and how to mend it."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            return _check(connection)
    except psycopg.OperationalError as error:
        raise DatabaseUnusable(
            f"The database does not answer: {error}. Check DATABASE_URL and that PostgreSQL runs.",
            f"База данных не отвечает: {error}. Проверьте DATABASE_URL и запущен ли PostgreSQL.",
        ) from error


def _check(connection: psycopg.Connection) -> str:
    if connection.info.server_version < OLDEST * 10000:
        raise DatabaseUnusable(
            f"PostgreSQL {_version(connection)} is too old. Uzel needs {OLDEST} or newer.",
            f"PostgreSQL {_version(connection)} слишком старый. Нужен {OLDEST} или новее.",
        )
    if _ask(connection, "SHOW server_encoding") != "UTF8":
        raise DatabaseUnusable(
            "The database is not in UTF-8. Make it anew: CREATE DATABASE uzel TEMPLATE template0 ENCODING 'UTF8' …",
            "База не в UTF-8. Создайте её заново: CREATE DATABASE uzel TEMPLATE template0 ENCODING 'UTF8' …",
        )
    for name in EXTENSIONS:
        _check_extension(connection, name)
    if not _ask(connection, "SELECT lower('Ё') = 'ё' AND similarity('принтер', 'принтеры') > 0"):
        raise DatabaseUnusable(
            "The database is blind to Russian letters (its LC_CTYPE is C). Make it anew: "
            "CREATE DATABASE uzel TEMPLATE template0 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' LC_COLLATE 'C'",
            "База не различает регистр русских букв (LC_CTYPE = C). Создайте её заново: "
            "CREATE DATABASE uzel TEMPLATE template0 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' LC_COLLATE 'C'",
        )
    return _version(connection)


def _check_extension(connection: psycopg.Connection, name: str) -> None:
    if _ask(connection, "SELECT count(*) FROM pg_extension WHERE extname = %s", name):
        return
    try:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}".encode())
    except psycopg.errors.UniqueViolation:
        return  # another node made it at the same moment
    except psycopg.Error as error:
        raise DatabaseUnusable(
            f"The extension {name} can't be created: {error}. Install your system's postgresql-contrib, or run "
            f"CREATE EXTENSION {name} in this database as its superuser.",
            f"Не удаётся создать расширение {name}: {error}. Установите системный пакет postgresql-contrib или "
            f"выполните CREATE EXTENSION {name} в этой базе от её суперпользователя.",
        ) from error


def _ask(connection: psycopg.Connection, query: str, *values: object) -> object:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _version(connection: psycopg.Connection) -> str:
    return str(_ask(connection, "SHOW server_version")).split(" ")[0]
