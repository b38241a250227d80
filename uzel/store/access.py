"""Who is calling: one statement from a cookie or a token to everything that rights are decided by."""

import datetime as dt
import hashlib
import secrets
from typing import Any

import msgspec

from uzel.domain.permissions import Actor
from uzel.store.sql import Query, fetch_one, run

SESSION_IDLE = dt.timedelta(days=14)
SESSION_LONGEST = dt.timedelta(days=90)
TOKEN_PREFIX = "uzl_"  # noqa: S105 - not a secret: it makes leaked ones easy to find
REQUESTER, ADMINISTRATOR = "requester", "administrator"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A caller who proved who they are. Exactly one of ``session_id`` and ``token_id`` is set."""

    actor: Actor
    name: str
    language: str
    session_id: int | None = None
    token_id: int | None = None
    scopes: frozenset[str] = frozenset()
    seen_long_ago: bool = False  # the time of use is due to be written again


_PERSON = """
    p.id AS person_id, p.name, p.language, p.organization_id, p.sees_organization, a.id AS agent_id, a.role,
    ARRAY(SELECT m.team_id FROM team_member m WHERE m.agent_id = a.id) AS team_ids
"""
_WHO = """
    JOIN person p ON p.id = c.person_id AND p.merged_into_id IS NULL
    LEFT JOIN agent a ON a.person_id = p.id AND a.is_active
    WHERE c.token_hash = %(hash)s::bytea AND c.revoked_at IS NULL
      AND NOT EXISTS (SELECT FROM account d WHERE d.person_id = p.id AND NOT d.is_active)
"""
_BY_SESSION = Query(
    "actor_by_session",
    f"""
    SELECT c.id AS session_id, c.last_seen_at < now() - interval '1 minute' AS seen_long_ago, {_PERSON}
    FROM session c {_WHO} AND c.expires_at > now()
    """,  # noqa: S608 - constants only
)
_BY_TOKEN = Query(
    "actor_by_token",
    f"""
    SELECT c.id AS token_id, c.scopes,
           COALESCE(c.last_used_at < now() - interval '1 minute', true) AS seen_long_ago, {_PERSON}
    FROM api_token c {_WHO} AND (c.expires_at IS NULL OR c.expires_at > now())
    """,  # noqa: S608 - constants only
)
_TOUCH_SESSION = Query(
    "touch_session",
    """
    UPDATE session SET last_seen_at = now(),
           expires_at = LEAST(now() + %(idle)s::interval, created_at + %(longest)s::interval)
    WHERE id = %(id)s::bigint
    """,
)
_TOUCH_TOKEN = Query("touch_token", "UPDATE api_token SET last_used_at = now() WHERE id = %(id)s::bigint")


def new_secret() -> str:
    """256 bits that fit a cookie, a header and a link."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret. Random secrets need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def find_actor_by_session(token_hash: bytes) -> Signed | None:
    row = fetch_one(_BY_SESSION, {"hash": token_hash})
    return _signed(row, session_id=row["session_id"]) if row else None


def find_actor_by_token(token_hash: bytes) -> Signed | None:
    row = fetch_one(_BY_TOKEN, {"hash": token_hash})
    return _signed(row, token_id=row["token_id"], scopes=frozenset(row["scopes"])) if row else None


def touch(signed: Signed) -> None:
    """Write down that the session or the token is in use; call it only when ``seen_long_ago``."""
    if signed.session_id is not None:
        run(_TOUCH_SESSION, {"id": signed.session_id, "idle": SESSION_IDLE, "longest": SESSION_LONGEST})
    else:
        run(_TOUCH_TOKEN, {"id": signed.token_id})


def _signed(row: dict[str, Any], **credential: Any) -> Signed:
    actor = Actor(
        person_id=row["person_id"],
        agent_id=row["agent_id"],
        role=_role(row["role"], credential.get("scopes")),
        team_ids=frozenset(row["team_ids"]),
        organization_id=row["organization_id"],
        sees_organization=row["sees_organization"],
    )
    return Signed(
        actor=actor, name=row["name"], language=row["language"], seen_long_ago=row["seen_long_ago"], **credential
    )


def _role(role: str | None, scopes: frozenset[str] | None) -> str:
    """An administrator's token without the scope ``admin`` acts as an ordinary agent."""
    if role == ADMINISTRATOR and scopes is not None and "admin" not in scopes:
        return "agent"
    return role or REQUESTER
