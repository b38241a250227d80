"""Who may see and do what."""

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts: a requester, or an agent with a role (agent, lead, administrator) and teams."""

    person_id: int
    agent_id: int | None = None
    role: str = "requester"
    team_ids: frozenset[int] = frozenset()
    organization_id: int | None = None
    sees_organization: bool = False
