"""A small service desk to act in: two agents, a requester, the channels."""

from typing import Any

from uzel.domain.permissions import Actor
from uzel.services.registering import NewTicket, Requester, register_for
from uzel.store.chain import NewEntry, add_entry
from uzel.store.models import Agent, Channel, Entry, Handle, Join, Person, Team, TeamMember, Ticket


class Desk:
    def __init__(self) -> None:
        Channel.objects.exclude(kind__in=["portal"]).delete()
        self.portal = Channel.objects.filter(kind="portal").first() or Channel.objects.create(
            kind="portal", name="Портал"
        )
        self.mail = Channel.objects.create(kind="email", name="support@example.org")
        self.team = Team.objects.create(name_ru="Первая линия", name_en="First line")
        self.hr = Team.objects.create(name_ru="Кадры", name_en="HR", is_restricted=True)
        self.maria = self.person("Мария Иванова", "maria@example.org")
        self.anna = self.agent("Анна Смирнова", team=self.team)
        self.boris = self.agent("Борис Котов", team=self.team)
        self.root = self.agent("Ольга Админ", role="administrator")

    def person(self, name: str, address: str = "", **fields: Any) -> Person:
        person = Person.objects.create(name=name, **fields)
        if address:
            Handle.objects.create(person=person, kind="email", value=address, shown=address, proof=3)
        return person

    def agent(self, name: str, *, team: Team | None = None, role: str = "agent") -> Actor:
        agent = Agent.objects.create(person=self.person(name), role=role)
        if team is not None:
            TeamMember.objects.create(team=team, agent=agent)
        teams = frozenset({team.id}) if team is not None else frozenset()
        return Actor(person_id=agent.person_id, agent_id=agent.id, role=role, team_ids=teams)

    def as_requester(self, person: Person) -> Actor:
        return Actor(
            person_id=person.id, organization_id=person.organization_id, sees_organization=person.sees_organization
        )

    def ticket(self, person: Person | None = None, *texts: str, **fields: Any) -> Ticket:
        """A ticket with one mail per text (at least one)."""
        person = person or self.maria
        id = register_for(
            Requester(person_id=person.id),
            NewTicket(subject="Не печатает принтер", text=(texts or ("Помогите",))[0], channel_id=self.mail.id),
            by=self.anna,
        )
        Ticket.objects.filter(id=id).update(**{"team_id": self.team.id, **fields})
        for text in texts[1:]:
            self.mail_in(id, text, person)
        return Ticket.objects.get(id=id)

    def mail_in(self, ticket_id: int, text: str, person: Person | None = None) -> Entry:
        return add_entry(
            NewEntry(
                ticket_id=ticket_id,
                direction="in",
                text=text,
                channel_id=self.mail.id,
                channel_kind="email",
                person_id=(person or self.maria).id,
                verdict="score",
                reasons=[{"code": "recent_2h", "points": 25, "detail": ""}],
            )
        )


def texts(ticket_id: int) -> list[str]:
    """What was written in the ticket, in order, without events."""
    rows = Entry.objects.filter(ticket=ticket_id).exclude(kind="event").order_by("at", "id")
    return list(rows.values_list("text", flat=True))


def codes(ticket_id: int) -> list[str]:
    """The events of the ticket in order."""
    rows = Entry.objects.filter(ticket=ticket_id, kind="event").order_by("id")
    return [meta["event"]["code"] for meta in rows.values_list("meta", flat=True)]


def standing(entry_id: int) -> Join:
    return Join.objects.get(entry=entry_id, undone_at=None)
