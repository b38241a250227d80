"""The desk before the first mail: agents, requesters with passwords, a mailbox. A process of its own, so that the
test's Django never learns of the product's database. Arguments: the port of the SMTP server that takes our mail."""

import sys

from uzel.store import setup

ADDRESS = "help@desk.example"
PASSWORD = "correct horse battery staple"
AGENTS = {"anna": "Анна Соколова", "boris": "Борис Орлов", "vera": "Вера Котова"}  # vera's sessions get revoked
REQUESTERS = {"ivan": "Иван Петров", "olga": "Ольга Смирнова"}


def seed(smtp_port: int) -> None:
    from django.contrib.auth.hashers import make_password  # Django is set up only now

    from uzel.store.channels import save_settings
    from uzel.store.first_run import ensure_defaults
    from uzel.store.models import Account, Agent, Channel, Handle, Person, Team, TeamMember
    from uzel.store.models.people import Proof

    ensure_defaults()
    password = make_password(PASSWORD)
    team = Team.objects.get(is_default=True)
    for login, name in (AGENTS | REQUESTERS).items():
        person = Person.objects.create(name=name, language="ru")
        Account.objects.create(person=person, login=login, password=password)
        Handle.objects.create(
            person=person, kind="email", value=f"{login}@nord.example", proof=Proof.PROVEN, evidence="test"
        )
        if login in AGENTS:
            agent = Agent.objects.create(person=person, role="administrator" if login == "anna" else "agent")
            TeamMember.objects.create(team=team, agent=agent)
    server = {"smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "none", "username": "-"}
    save_settings(Channel.objects.create(kind="email", name="Почта").id, {"address": ADDRESS} | server)


if __name__ == "__main__":
    setup()
    seed(int(sys.argv[1]))
