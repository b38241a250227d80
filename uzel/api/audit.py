"""Who did what to what, for administrators."""

import msgspec
from ninja import Query, Router

from uzel.api.answers import answers
from uzel.api.auth import Request
from uzel.services.rights import check_administrator
from uzel.store.audit import LONGEST_PAGE, AuditView, list_records

router = Router(tags=["audit"])


class AuditPage(msgspec.Struct):
    items: list[AuditView]
    next: str | None


@router.get("/audit")
@answers(AuditPage)
def page(
    request: Request,
    object: str | None = Query(None, max_length=100),
    cursor: str | None = Query(None, pattern=r"^[0-9]{1,18}$"),
    limit: int = Query(50, ge=1, le=LONGEST_PAGE),
) -> AuditPage:
    """The newest first. ``object``: ``ticket:10482`` or only ``ticket``."""
    check_administrator(request.actor)
    items = list_records(of=object, before_id=int(cursor) if cursor else None, limit=limit)
    return AuditPage(items, str(items[-1].id) if len(items) == limit else None)
