"""A solution is announced where the person was last reached, and answered by one tap."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from tests.services.desk import Desk
from uzel.kernel.errors import Unauthenticated
from uzel.services.editing import edit
from uzel.services.replying import Reply, reply
from uzel.services.solving import answer_by_link
from uzel.store.channels import account
from uzel.store.models import Dispatch, Entry, Ticket
from uzel.store.outbox import claim
from uzel.store.outgoing import prepare


def links_sent(desk: Desk) -> dict[str, dict[str, str]]:
    """Recipient → {answer: token} of what stands in the outbox, rendered as it would leave."""
    Dispatch.objects.filter(state="queued").update(next_at=timezone.now() - dt.timedelta(seconds=1))
    ready = prepare(claim({desk.mail.id: 10}), {desk.mail.id: account(desk.mail.id)})
    found: dict[str, dict[str, str]] = {}
    for one in ready:
        queries = [parse_qs(urlsplit(choice.url).query) for choice in one.message.choices]
        found[one.message.to] = {query["answer"][0]: query["token"][0] for query in queries}
    return found


def resolve(desk: Desk, ticket: Ticket) -> None:
    words = Reply(text="Готово, проверьте", channel_id=desk.mail.id, to="maria@example.org", status_after="resolved")
    reply(ticket.id, words, by=desk.anna)


def test_the_answer_that_resolves_carries_the_question_and_one_tap_closes_the_ticket(desk: Desk) -> None:
    ticket = desk.ticket()
    resolve(desk, ticket)
    token = links_sent(desk)["maria@example.org"]["yes"]

    assert answer_by_link(token, works=True) == ticket.id
    assert answer_by_link(token, works=True) == ticket.id
    ticket.refresh_from_db()
    assert (ticket.status, ticket.confirmed_at is not None) == ("closed", True)


def test_a_tap_on_no_gives_the_ticket_back_to_its_owner_with_the_words(desk: Desk) -> None:
    ticket = desk.ticket()
    resolve(desk, ticket)
    token = links_sent(desk)["maria@example.org"]["no"]
    answer_by_link(token, works=False, comment="Опять пустые листы")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner_id) == ("open", desk.anna.agent_id)
    assert Entry.objects.filter(ticket=ticket, text="Опять пустые листы", direction="in").count() == 1


def test_an_ordinary_answer_asks_nothing(desk: Desk) -> None:
    ticket = desk.ticket()
    reply(ticket.id, Reply(text="Смотрим", channel_id=desk.mail.id, to="maria@example.org"), by=desk.anna)

    assert links_sent(desk) == {"maria@example.org": {}}


def test_a_ticket_resolved_without_a_word_is_announced_by_mail(desk: Desk) -> None:
    ticket = desk.ticket()
    version = Ticket.objects.get(id=ticket.id).version
    edit(ticket.id, {"status": "resolved"}, version=version, by=desk.anna)

    assert set(links_sent(desk)["maria@example.org"]) == {"yes", "no"}
    assert "Не печатает принтер" in Entry.objects.get(ticket=ticket, meta__resolves=True).text


@pytest.mark.parametrize("token", ["", "x" * 60, "ж", "AAAA"])
def test_a_made_up_token_is_refused(desk: Desk, token: str) -> None:
    with pytest.raises(Unauthenticated):
        answer_by_link(token, works=True)
