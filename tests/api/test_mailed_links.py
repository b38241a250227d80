"""A link in a mail signs in whoever reads that mailbox, and nobody else."""

import re

from tests.callers import Page, make_agent, make_person
from tests.chains import make_entry, make_ticket
from uzel.kernel.handles import normal_email
from uzel.store.models import Channel, Dispatch, Handle, OneTimeLink, Person, PersonSuggestion, Session
from uzel.store.models.people import Proof


def give(person: Person, address: str, proof: Proof, **fields: object) -> Handle:
    return Handle.objects.create(
        person=person, kind="email", value=normal_email(address), shown=address, proof=proof, **fields
    )


def ask(address: str) -> str:
    """The token that was mailed there; empty when nothing was."""
    if not Channel.objects.filter(kind="email").exists():
        Channel.objects.create(kind="email", name="support@example.org")
    assert Page().post("/session/link", {"email": address}, key=None).status_code == 202
    mail = Dispatch.objects.order_by("-id").first()
    found = re.search(r"token=(\S+)", mail.payload["text"]) if mail and mail.to_value == address else None
    return found[1] if found else ""


def open_link(token: str) -> tuple[Page, int]:
    page = Page()
    return page, page.post("/session/redeem", {"token": token}, key=None).status_code


def test_the_proven_holder_gets_in_once() -> None:
    person = make_person()
    give(person, "Maria@Example.org", Proof.PROVEN)
    token = ask("Maria@Example.org")

    page, status = open_link(token)

    assert status == 200
    assert page.get("/me").json()["person_id"] == person.id
    assert open_link(token)[1] == 401


def test_the_only_address_of_a_person_becomes_proven() -> None:
    person = make_person()
    handle = give(person, "maria@example.org", Proof.CLAIMED)
    ticket = make_ticket(person)
    entry = make_entry(ticket, quoted="> раньше")

    page, _ = open_link(ask("maria@example.org"))

    assert page.get("/me").json()["person_id"] == person.id
    assert page.get(f"/entries/{entry.id}/quoted").status_code == 200
    handle.refresh_from_db()
    assert handle.proof == Proof.PROVEN


def test_an_unproven_address_of_somebody_known_opens_nothing_of_theirs() -> None:
    known = make_person("Мария Иванова")
    give(known, "maria@example.org", Proof.PROVEN)
    give(known, "attacker@evil.example", Proof.CLAIMED)
    entry = make_entry(make_ticket(known), quoted="секрет")

    page, status = open_link(ask("attacker@evil.example"))

    me = page.get("/me").json()
    assert status == 200
    assert me["person_id"] != known.id
    assert me["name"] == "attacker@evil.example", "not even the name is told"
    assert [handle["proof"] for handle in me["handles"]] == ["proven"]
    assert page.get(f"/entries/{entry.id}/quoted").status_code == 404
    suggestion = PersonSuggestion.objects.get()
    assert (suggestion.person_id, suggestion.target_id) == (me["person_id"], known.id)
    assert not known.handles.filter(value="attacker@evil.example", valid_until=None).exists()


def test_a_mistyped_address_of_an_agent_or_of_a_login_makes_nobody_that_person() -> None:
    agent = make_agent("Админ", role="administrator").person
    give(agent, "typo@evil.example", Proof.CLAIMED)
    page, _ = open_link(ask("typo@evil.example"))
    assert page.get("/me").json()["role"] == "requester"


def test_nobody_learns_who_is_known() -> None:
    give(make_person(), "maria@example.org", Proof.PROVEN)
    Channel.objects.create(kind="email", name="support@example.org")
    answers = [Page().post("/session/link", {"email": at}, key=None) for at in ("maria@example.org", "no@example.org")]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content == b""


def test_a_shared_mailbox_is_nobodys_key() -> None:
    give(make_person(), "office@example.org", Proof.PROVEN, is_shared=True)
    assert ask("office@example.org") == ""


def test_an_old_link_is_dead() -> None:
    give(make_person(), "maria@example.org", Proof.PROVEN)
    token = ask("maria@example.org")
    OneTimeLink.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert open_link(token)[1] == 401
    assert not Session.objects.exists()


def test_a_mailbox_can_not_be_flooded_with_links() -> None:
    give(make_person(), "maria@example.org", Proof.PROVEN)
    for _ in range(5):
        ask("maria@example.org")
    assert Page().post("/session/link", {"email": "maria@example.org"}, key=None).status_code == 429
    assert Dispatch.objects.count() == 5
