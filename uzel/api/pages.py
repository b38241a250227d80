"""A ticket's page as an answer: read in one statement, with what the reader may do."""

from typing import Any

from django.http import HttpResponse

from uzel.api.answers import answer
from uzel.api.bodies import version_tag
from uzel.domain.permissions import Actor
from uzel.kernel.errors import NotFound
from uzel.services.rights import offers
from uzel.store.queries.ticket_page import fetch_page


def ticket_page(number: int, actor: Actor) -> dict[str, Any]:
    head, entries, earlier = fetch_page(number, actor)
    page = {"ticket": finish_head(head, actor), "entries": entries, "earlier": earlier, "redirected_from": None}
    if head["id"] != number:
        page["redirected_from"] = f"U-{number}"
    return page


def finish_head(head: dict[str, Any], actor: Actor) -> dict[str, Any]:
    del head["is_desk"]
    head["can"] = offers(actor, head, is_restricted=head.pop("is_restricted"))
    return head


def page_answer(number: int, actor: Actor, status: int = 200) -> HttpResponse:
    page = ticket_page(number, actor)
    return answer(page, status, version_tag(page["ticket"]["version"]))


def head_answer(number: int, actor: Actor) -> HttpResponse:
    """The ticket without its entries; empty (204) when the change took it out of the actor's sight."""
    try:
        head = ticket_page(number, actor)["ticket"]
    except NotFound:
        return answer(None, 204)
    return answer(head, 200, version_tag(head["version"]))
