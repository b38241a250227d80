"""An agent outside a restricted team learns nothing of its tickets from what surrounds those they may see."""

from typing import Any

from tests.callers import make_agent, make_person, page_of
from tests.chains import make_entry, make_team, make_ticket
from uzel.store.models import Join, Person, PersonSuggestion, Team, Ticket, TicketLink

SECRET = "увольнение Петрова"


class Scene:
    """A person with an open ticket that an outsider may see and one of a restricted team."""

    def __init__(self) -> None:
        self.team: Team = make_team("Кадры", is_restricted=True)
        self.person: Person = make_person("Петров", login="petrov")
        self.shown: Ticket = make_ticket(self.person)
        self.hidden: Ticket = make_ticket(self.person, team=self.team)
        Ticket.objects.filter(id=self.hidden.id).update(subject=SECRET, preview=SECRET)
        entry = make_entry(self.shown)
        make_entry(self.hidden, text=SECRET)
        Join.objects.filter(entry=entry).update(
            alternatives=[{"ticket": self.hidden.id, "score": 50, "reasons": []}], reasons=[]
        )
        TicketLink.objects.create(ticket=self.shown, other=self.hidden, kind="follows")
        double = make_person("Петров П.", is_provisional=True)
        doubtful = make_ticket(double, team=self.team)
        make_entry(doubtful, text=SECRET)
        PersonSuggestion.objects.create(person=double, target=self.person, score=50, reasons=[])
        self.numbers = {f"U-{self.hidden.id}", f"U-{doubtful.id}"}

    def told(self, text: str) -> set[str]:
        return {word for word in (SECRET, *self.numbers) if word in text}


def read(page: Any, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def test_nothing_around_a_visible_ticket_names_a_hidden_one() -> None:
    scene = Scene()
    page = page_of(make_agent("Посторонний").person)
    paths = (
        f"/tickets/U-{scene.shown.id}",
        f"/people/{scene.person.id}",
        "/people?q=Петров",
        "/tickets?view=all&q=Петров",
        f"/tickets?view=all&requester={scene.person.id}",
        f"/tickets?view=all&team={scene.team.id}",
        "/tickets?view=all&q=увольнение",
        f"/tickets?view=all&q=U-{scene.hidden.id}",
    )
    told = {path: found for path in paths if (found := scene.told(read(page, path)))}
    assert told == {}


def test_whoever_serves_the_hidden_ticket_is_offered_it() -> None:
    scene = Scene()
    page = page_of(make_agent("Кадровик", role="administrator").person)
    text = read(page, f"/tickets/U-{scene.shown.id}")
    assert scene.told(text) == {SECRET, *scene.numbers}


def test_counts_of_a_person_s_tickets_leave_out_hidden_ones() -> None:
    scene = Scene()
    outsider, insider = make_agent("Посторонний").person, make_agent("Кадровик", role="administrator").person

    def counted(by: Person) -> int:
        rows = page_of(by).get("/people?q=petrov@example.org").json()["items"]
        return int(rows[0]["open_tickets"])

    assert (counted(outsider), counted(insider)) == (1, 2)
    assert page_of(outsider).get("/tickets/counts").json()["open"] == 1
    assert scene.hidden.is_open
