"""Announcing a solution where the person was last reached, and taking the answer that is one tap."""

from django.db import transaction
from django.utils import timezone

from uzel.domain.permissions import Actor
from uzel.kernel.errors import Invalid, Unauthenticated
from uzel.services.confirming import confirm, reopen
from uzel.services.meeting import get_person
from uzel.services.reaching import UNDO, find_way
from uzel.store import outbox
from uzel.store.chain import NewEntry, add_entry
from uzel.store.models import Entry, Ticket
from uzel.store.secrets import token_secret
from uzel.store.solution_links import read_solution_token

RESOLVES = "resolves"  # in an entry's meta: it announces a solution, so it carries the question whether it helped

_SUBJECT = {"ru": "Обращение {number}: решение готово", "en": "Ticket {number}: a solution is ready"}
_TEXT = {
    "ru": "Мы считаем, что вопрос решён: «{subject}». Проверьте, пожалуйста, и скажите, помогло ли.",
    "en": "We believe this is solved: “{subject}”. Please try it and tell us whether it helped.",
}
DEAD_LINK = Unauthenticated(
    "This link is too old or was cut off. Answer the message instead, or sign in to the portal.",
    "Ссылка устарела или оборвана. Ответьте на само письмо или войдите в портал.",
)


def mark_solution(entry: Entry) -> None:
    """Let this message carry the question whether it helped."""
    entry.meta = {**entry.meta, RESOLVES: True}
    entry.save(update_fields=["meta"])


def announce_solution(ticket: Ticket, *, by: Actor) -> None:
    """A ticket resolved without a word: tell the person in the channel they were last reached by.

    Somebody who can be reached nowhere sees it in the portal.
    """
    try:
        way = find_way(ticket, None, "", ())
    except Invalid:
        return
    language = ticket.language if ticket.language in _TEXT else "en"
    entry = add_entry(
        NewEntry(
            ticket_id=ticket.id,
            direction="out",
            subject=_SUBJECT[language].format(number=f"U-{ticket.id}") if way.limits.subject else "",
            text=_TEXT[language].format(subject=ticket.subject),
            channel_id=way.channel_id,
            channel_kind=way.channel_kind,
            person_id=by.person_id,
            agent_id=by.agent_id,
            meta={RESOLVES: True},
        )
    )
    for value, name in [] if way.limits.internal else way.receivers:
        outbox.queue(entry, way.channel_id, value, to_name=name, delay=UNDO)


@transaction.atomic
def answer_by_link(token: str, *, works: bool, comment: str = "") -> int:
    """The tap on «yes» closes the ticket, on «no» gives it back to its owner; gives the ticket's id.

    Tapped twice, it changes nothing. Raises Unauthenticated for a dead link; Conflict where the ticket stands
    elsewhere by now.
    """
    found = read_solution_token(token, secret=token_secret(), now=timezone.now())
    if found is None:
        raise DEAD_LINK
    number, person_id = found
    person = get_person(person_id)
    by = Actor(person_id=person.id, organization_id=person.organization_id)
    return confirm(number, comment=comment, by=by) if works else reopen(number, text=comment, by=by)
