"""Who an open page belongs to and what its reader may see; asked again while the page stays open.

The same rules as store.access, in one statement that answers for one page or for all.
"""

from collections.abc import Collection, Mapping
from typing import Any, LiteralString

import msgspec
from psycopg_pool import AsyncConnectionPool

_READERS: LiteralString = """/* live_readers */
WITH credential AS (
    SELECT 's' || id AS key, person_id, true AS may_see_all FROM session
    WHERE (token_hash = %(session)s::bytea OR id = ANY(%(sessions)s::bigint[]))
      AND revoked_at IS NULL AND expires_at > now()
    UNION ALL
    SELECT 't' || id, person_id, 'admin' = ANY(scopes) FROM api_token
    WHERE (token_hash = %(token)s::bytea OR id = ANY(%(tokens)s::bigint[]))
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
      AND scopes && ARRAY['read', 'write']
)
SELECT c.key, p.id, a.id, COALESCE(a.role = 'administrator', false) AND c.may_see_all,
       ARRAY(SELECT m.team_id FROM team_member m WHERE m.agent_id = a.id)
FROM credential c
JOIN person p ON p.id = c.person_id AND p.merged_into_id IS NULL
LEFT JOIN agent a ON a.person_id = p.id AND a.is_active
LEFT JOIN account x ON x.person_id = p.id
WHERE x.is_active IS NOT FALSE
"""
_NOBODY: Mapping[str, Any] = {"session": None, "token": None, "sessions": [], "tokens": []}


class Reader(msgspec.Struct, frozen=True):
    """Who reads, by which session (``key`` s…) or token (t…), and what decides whether an event concerns them."""

    key: str
    person_id: int
    agent_id: int | None
    sees_all: bool
    team_ids: frozenset[int]


class LiveReaders:
    """Readers of one database."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def by_session(self, token_hash: bytes) -> Reader | None:
        """Whose browser holds the cookie with this SHA-256, if it is signed in now."""
        return next(iter(await self._find(session=token_hash)), None)

    async def by_token(self, token_hash: bytes) -> Reader | None:
        """Whose program's key this is, if it may read."""
        return next(iter(await self._find(token=token_hash)), None)

    async def still(self, keys: Collection[str]) -> dict[str, Reader]:
        """Those of ``keys`` that may still read, with what they may see now; one statement for all."""
        asked = {kind: [int(key[1:]) for key in keys if key[0] == kind] for kind in "st"}
        return {reader.key: reader for reader in await self._find(sessions=asked["s"], tokens=asked["t"])}

    async def _find(self, **asked: bytes | list[int]) -> list[Reader]:
        async with self._pool.connection() as line:
            rows = await (await line.execute(_READERS, {**_NOBODY, **asked})).fetchall()
        return [Reader(key, person, agent, sees_all, frozenset(teams)) for key, person, agent, sees_all, teams in rows]
