"""Playing the stories, each step through the service or the pipeline that real life would use."""

import datetime as dt
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from django.utils import timezone

from uzel.channelkit.contract import RawDelivery
from uzel.domain.permissions import Actor
from uzel.pipeline.intake import take_in_one
from uzel.roles.demo.cast import Cast
from uzel.roles.demo.clock import happened, span
from uzel.services.asking import ask
from uzel.services.assigning import take
from uzel.services.confirming import confirm, reopen
from uzel.services.editing import edit
from uzel.services.labelling import Labels
from uzel.services.merging import merge
from uzel.services.noting import note
from uzel.services.promising import promise
from uzel.services.registering import NewTicket, Requester, register_for, register_own
from uzel.services.replying import Reply, reply
from uzel.services.splitting import split
from uzel.store.chain import NewEntry, add_entry, refresh_tickets
from uzel.store.deliveries import store_delivery
from uzel.store.intake.claim import Settled, settle
from uzel.store.models import Category, Delivery, Dispatch, Entry, Ticket

Step = dict[str, Any]


class Player:
    """Plays stories in the order of their beginnings; ``number`` knows which ticket each became."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.now = timezone.now()
        self.number: dict[str, int] = {}

    def play(self, story: Step) -> None:
        with happened(self._at(story)):
            self.number[story["key"]] = self._open(story)
        for step in story.get("steps", ()):
            with happened(self._at(step)):
                STEPS[step["do"]](self, story, step)

    def hold(self, story: Step) -> None:
        """A mail whose intake failed once and that waits to be replayed."""
        with happened(self._at(story)):
            body = self._compose(story, story).as_bytes()
            at = self._at(story)
            store_delivery(self.cast.mail.id, RawDelivery(external_id=story["key"], body=body, received_at=at))
            delivery = Delivery.objects.get(channel=self.cast.mail, external_id=story["key"])
            settle([Settled(id=delivery.id, state="quarantined", error=story["error"])])

    def _at(self, step: Step) -> dt.datetime:
        return self.now - span(step["ago"])

    def _due(self, step: Step) -> dt.datetime | None:
        return self.now + span(step["due"]) if "due" in step else None

    # -- how a ticket begins ------------------------------------------------------------------------------------------

    def _open(self, story: Step) -> int:
        if story["via"] == "mail":
            return self._mail(story, story)
        new = NewTicket(
            subject=story["subject"], text=story["text"], labels=self._labels(story), due_at=self._due(story)
        )
        if story["via"] == "portal":
            return register_own(new, by=self.cast.actors[story["by"]])
        requester = Requester(person_id=self.cast.people[story["by"]].id)
        number = register_for(requester, new, by=self.cast.actors[story["who"]])
        if story["via"] == "call":
            self._was_call(number, story)
        return number

    def _labels(self, story: Step) -> Labels:
        service = self.cast.service(story["service"])
        category = Category.objects.filter(service=service, name_en=story.get("category")).first()
        return Labels(
            service_id=service.id,
            category_id=category.id if category else None,
            impact=story.get("impact", 2),
            urgency=story.get("urgency", 2),
        )

    def _was_call(self, number: int, story: Step) -> None:
        Entry.objects.filter(ticket=number, kind="message").update(
            kind="call",
            channel=None,
            channel_kind="",
            agent=self.cast.actors[story["who"]].agent_id,
            meta={"seconds": story["seconds"]},
        )
        refresh_tickets([number])
        Ticket.objects.filter(id=number).update(first_channel="")

    def _mail(self, story: Step, step: Step) -> int:
        """A real mail through the real pipeline; gives the number of the ticket where it stands."""
        mail = self._compose(story, step)
        return self._deliver(mail.as_bytes(), str(mail["Message-ID"]), self._at(step))

    def _compose(self, story: Step, step: Step) -> EmailMessage:
        mail = EmailMessage()
        person = self.cast.people[story["by"]]
        sender = story.get("as") or {"name": person.name, "email": person.handles.get(kind="email").shown}
        mail["From"] = formataddr((sender["name"], sender["email"]))
        mail["To"] = self.cast.mail.settings["address"]
        mail["Date"] = format_datetime(self._at(step).replace(microsecond=0))
        mail["Message-ID"] = f"<{story['key']}.{step['ago'].replace(' ', '')}@{sender['email'].rpartition('@')[2]}>"
        mail["Subject"] = story["subject"] if step is story else f"Re: {story['subject']}"
        if step is not story:
            mail["In-Reply-To"] = mail["References"] = self._first_mail(story)
        mail.set_content(step["text"].strip() + "\n")
        return mail

    def _first_mail(self, story: Step) -> str:
        mails = Entry.objects.filter(ticket=self.number[story["key"]], direction="in").exclude(external_id="")
        return f"<{mails.order_by('id')[0].external_id.strip('<>')}>"

    def _deliver(self, body: bytes, external_id: str, at: dt.datetime) -> int:
        store_delivery(self.cast.mail.id, RawDelivery(external_id=external_id, body=body, received_at=at))
        delivery = Delivery.objects.get(channel=self.cast.mail, external_id=external_id)
        take_in_one(delivery.id)
        delivery.refresh_from_db()
        assert delivery.entry_id is not None, delivery.error
        return Entry.objects.get(id=delivery.entry_id).ticket_id

    # -- how it goes on -----------------------------------------------------------------------------------------------

    def _by(self, step: Step, story: Step) -> Actor:
        return self.cast.actors[step["who"] if "who" in step else story["by"]]

    def take(self, story: Step, step: Step) -> None:
        take(self.number[story["key"]], by=self._by(step, story))

    def reply(self, story: Step, step: Step) -> None:
        message = Reply(text=step["text"], status_after=step.get("to"))
        entry_id = reply(self.number[story["key"]], message, by=self._by(step, story))
        if "fails" in step:
            code, _, _ = step["fails"].partition(" ")
            sent = Dispatch.objects.filter(entry=entry_id)
            sent.update(state="failed", attempts=1, code=code, reason=f"{step['why']} ({step['fails']})")

    def note(self, story: Step, step: Step) -> None:
        note(self.number[story["key"]], step["text"], by=self._by(step, story))

    def promise(self, story: Step, step: Step) -> None:
        promise(self.number[story["key"]], step["text"], due_at=self._due(step), by=self._by(step, story))

    def answer(self, story: Step, step: Step) -> None:
        if step.get("via", story["via"]) == "mail":
            self._mail(story, step)
        else:
            ask(self.number[story["key"]], step["text"], by=self._by(step, story))

    def call(self, story: Step, step: Step) -> None:
        by = self._by(step, story)
        add_entry(
            NewEntry(
                ticket_id=self.number[story["key"]],
                kind="call",
                direction="in",
                text=step["text"],
                person_id=self.cast.people[story["by"]].id,
                agent_id=by.agent_id,
                meta={"seconds": step["seconds"]},
            )
        )

    def confirm(self, story: Step, step: Step) -> None:
        confirm(self.number[story["key"]], comment=step.get("text", ""), by=self._by(step, story))

    def reopen(self, story: Step, step: Step) -> None:
        reopen(self.number[story["key"]], text=step["text"], by=self._by(step, story))

    def merge(self, story: Step, step: Step) -> None:
        merge(self.number[story["key"]], self.number[step["into"]], by=self._by(step, story))

    def split(self, story: Step, step: Step) -> None:
        written = Entry.objects.filter(ticket=self.number[story["key"]], kind="message", direction="in").order_by("id")
        split(self.number[story["key"]], [written[1].id], subject=step["subject"], by=self._by(step, story))

    def _edit(self, story: Step, step: Step, **changes: Any) -> None:
        number = self.number[story["key"]]
        edit(number, changes, version=Ticket.objects.get(id=number).version, by=self._by(step, story))

    def assign(self, story: Step, step: Step) -> None:
        self._edit(story, step, owner_id=self.cast.actors[step["to"]].agent_id)

    def status(self, story: Step, step: Step) -> None:
        self._edit(story, step, status=step["to"])

    def team(self, story: Step, step: Step) -> None:
        self._edit(story, step, team_id=self.cast.teams[step["to"]].id)


STEPS: dict[str, Callable[[Player, Step, Step], None]] = {
    "answer": Player.answer,
    "assign": Player.assign,
    "call": Player.call,
    "confirm": Player.confirm,
    "merge": Player.merge,
    "note": Player.note,
    "promise": Player.promise,
    "reopen": Player.reopen,
    "reply": Player.reply,
    "split": Player.split,
    "status": Player.status,
    "take": Player.take,
    "team": Player.team,
}
