"""«This is probably the same person»: an agent says yes or no."""

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Conflict, NotFound
from uzel.services.merging import merge
from uzel.services.rights import check_agent
from uzel.services.uniting import unite
from uzel.store.audit import record
from uzel.store.models import PersonMerge, PersonSuggestion, Ticket, TicketMerge


@transaction.atomic
def accept(suggestion_id: int, *, join_ticket: bool = False, by: Actor) -> tuple[PersonMerge, TicketMerge | None]:
    """Merge the two cards; with ``join_ticket`` the newest open tickets of both as well. Gives both journals."""
    check_agent(by)
    suggestion = _get_open(suggestion_id)
    one, other = _newest(suggestion.person_id, None), None
    if one is not None:
        other = _newest(suggestion.target_id, one)
    journal = unite(suggestion.person_id, suggestion.target_id, by=by)
    joined = merge(one, other, by=by) if join_ticket and one and other else None
    return journal, joined


@transaction.atomic
def dismiss(suggestion_id: int, *, by: Actor) -> None:
    """Somebody else after all: it is not suggested again, and the doubtful card becomes an ordinary one."""
    agent_id = check_agent(by)
    suggestion = _get_open(suggestion_id)
    suggestion.state, suggestion.decided_at, suggestion.decided_by_id = "dismissed", timezone.now(), agent_id
    suggestion.save(update_fields=["state", "decided_at", "decided_by"])
    if not PersonSuggestion.objects.filter(person=suggestion.person_id, state="open").exists():
        type(suggestion.person).objects.filter(id=suggestion.person_id).update(is_provisional=False)
    record(by, "dismiss", "person", suggestion.person_id, None, {"target": suggestion.target_id})


def _get_open(suggestion_id: int) -> PersonSuggestion:
    suggestion = PersonSuggestion.objects.select_for_update().filter(id=suggestion_id).first()
    if suggestion is None:
        raise NotFound("There is no such suggestion.", "Такого предложения нет.")
    if suggestion.state != "open":
        raise Conflict("Somebody decided this already. Reload the page.", "Это уже решено. Обновите страницу.")
    return suggestion


def _newest(person_id: int, but: int | None) -> int | None:
    tickets = Ticket.objects.filter(requester=person_id, is_open=True).exclude(id=but or 0)
    return tickets.order_by("-last_entry_at", "-id").values_list("id", flat=True).first()
