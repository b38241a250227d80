"""The trip: a program fails the evening before a meeting; mail, portal and a second address, one ticket, one owner."""

import re
import signal
import smtplib
from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from typing import Any

from uzel.roles.drill.ground import Ground, ground
from uzel.roles.drill.report import NotAsExpected, Report, eventually, expect
from uzel.roles.drill.visitor import Visitor
from uzel.roles.mailbox import text_of

SUPPORT = "support@desk.example"
IVAN = ("Иван Петров", "ivan.petrov@north.example")
PHONE = ("Иван Петров", "ivan.petrov.81@phone.example")
AGENT, PASSWORD = "marina@desk.example", "drill-drill-drill"
PROBLEM = (
    "Добрый день! С утра не запускается 1С: после ввода пароля окно закрывается, «Ошибка инициализации рабочего "
    "стола». Завтра в 10:00 встреча с заказчиком, нужны акты сверки."
)
ANSWER = "Иван, сбросили вашу сессию на сервере. Попробуйте войти ещё раз."
NOTE = "Только для своих: похоже на повреждённый кэш."
REPLY = "Попробовал: вошёл, но база только на чтение."
PORTAL = "Уже в поезде, связь рвётся. Провести документ по-прежнему не могу."
SECOND = (
    "Это Петров из отдела продаж, пишу с телефона: 1С всё ещё только на чтение, акты сверки не сделать. "
    "Рабочая почта ivan.petrov@north.example с телефона не открывается."
)
SOLUTION = "Сняли блокировку базы, документы проводятся. Проверьте, пожалуйста."


def play(language: str) -> bool:
    """True when all of it held. Interrupted or terminated, it cleans up as well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = Report(language)
    report.title("The trip", "История с поездкой")
    try:
        with ground() as place:
            with report.step("A throw-away Uzel starts", "Запущен одноразовый Узел"):
                place.start()
                people(place)
            Trip(place, report).play()
            with report.step("Everything stops and leaves nothing behind", "Всё остановлено, ничего не осталось"):
                place.stop()
    except NotAsExpected:
        report.failed = True  # told by its step already
    report.end()
    return not report.failed


def people(place: Ground) -> None:
    """An agent, Ivan with his proven office address, and the mailbox of support."""
    from uzel.kernel.handles import EMAIL, normal_email
    from uzel.store.channels import save_settings
    from uzel.store.first_run import add_administrator
    from uzel.store.models import Channel, Handle, Organization, Person
    from uzel.store.models.people import Proof

    add_administrator(AGENT, name="Марина Лебедева", password=PASSWORD)
    office = Organization.objects.create(name="ООО «Север»", domains=["north.example"])
    ivan = Person.objects.create(name=IVAN[0], organization=office)
    Handle.objects.create(
        person=ivan, kind=EMAIL, value=normal_email(IVAN[1]), shown=IVAN[1], proof=Proof.PROVEN, evidence="drill"
    )
    channel = Channel.objects.create(kind=EMAIL, name="Support")
    outgoing = {"smtp_host": "127.0.0.1", "smtp_port": place.mailbox.port, "smtp_security": "none"}
    save_settings(channel.id, {"address": SUPPORT, "smtp_username": "-", **outgoing})


class Trip:
    def __init__(self, place: Ground, report: Report) -> None:
        self.place = place
        self.report = report
        self.agent = Visitor(place.url)
        self.ivan = Visitor(place.url)
        self.number = ""
        self.owner = 0
        self.received: list[EmailMessage] = []

    def play(self) -> None:
        step = self.report.step
        with step("Marina signs in and keeps her page open", "Марина входит и открывает страницу"):
            self.agent_signs_in()
        with step("Ivan's mail becomes one ticket of his", "Письмо Ивана стало одним его обращением"):
            self.ivan_mails()
        with step("He gets its number by mail", "Номер пришёл ему на почту"):
            self.number_arrives()
        with step("Marina takes it and answers; the answer arrives", "Марина берёт и отвечает; ответ доходит"):
            self.agent_answers()
        with step("His reply with the subject erased stands in it", "Ответ со стёртой темой встал туда же"):
            self.ivan_replies()
        with step("He signs in by a mailed link and goes on in the portal", "По ссылке из письма он пишет в портале"):
            self.ivan_goes_on_in_the_portal()
        with step(
            "Another address of his is a suggestion, no second Ivan", "Второй его адрес — подсказка, не второй Иван"
        ):
            self.ivan_mails_from_his_phone()
        with step("The solution is announced, he confirms with one tap", "О решении сообщили, он подтвердил нажатием"):
            self.solved_and_confirmed()
        with step(
            "One ticket, one owner, one age, every word of it", "Одно обращение, один владелец, ни слова не пропало"
        ):
            self.one_chain()

    # -- the story ----------------------------------------------------------------------------------------------------

    def agent_signs_in(self) -> None:
        me = self.agent.post("/session", {"login": AGENT, "password": PASSWORD})
        self.owner = me["agent_id"]
        self.agent.keep_page_open()

    def ivan_mails(self) -> None:
        self.first_id = self.mail(IVAN, "Не запускается 1С", PROBLEM, to=SUPPORT)
        rows = eventually(
            lambda: self.agent.get("/tickets?view=unassigned")["items"],
            "a ticket within 20 seconds",
            "обращение в течение 20 секунд",
        )
        expect(len(rows) == 1, "one ticket", "одно обращение", [row["number"] for row in rows])
        expect(rows[0]["requester_name"] == IVAN[0], "Ivan is its requester", "заявитель — Иван", rows[0])
        self.number, self.first_contact = rows[0]["number"], rows[0]["first_contact_at"]
        eventually(
            lambda: self.agent.heard(self.number),
            "Marina's open page is told",
            "открытая страница Марины узнала об этом",
        )

    def number_arrives(self) -> None:
        mail = self.received_mail(lambda mail: self.number in mail["Subject"])
        expect(
            mail["Auto-Submitted"] not in (None, "no"),
            "the answer says that it is automatic",
            "в ответе сказано, что он автоматический",
            mail["Auto-Submitted"],
        )

    def agent_answers(self) -> None:
        page = self.agent.post(f"/tickets/{self.number}/take")
        expect(
            page["ticket"]["owner_id"] == self.owner, "Marina owns it", "владелец — Марина", page["ticket"]["owner_id"]
        )
        self.agent.post(f"/tickets/{self.number}/notes", {"text": NOTE})
        self.agent.post(f"/tickets/{self.number}/replies", {"text": ANSWER})
        mail = self.received_mail(lambda mail: ANSWER in text_of(mail))
        expect(
            self.first_id in f"{mail['In-Reply-To']} {mail['References']}",
            "it answers Ivan's mail",
            "это ответ на письмо Ивана",
            mail["References"],
        )

    def ivan_replies(self) -> None:
        mail = self.received[-1]
        back = str(mail["Reply-To"] or mail["From"])
        self.mail(IVAN, "", REPLY, to=back, references=f"{mail['References'] or ''} {mail['Message-ID']}".strip())
        self.word_stands_here(REPLY)
        self.one_ticket()

    def ivan_goes_on_in_the_portal(self) -> None:
        self.ivan.post("/session/link", {"email": IVAN[1]})
        mail = self.received_mail(lambda mail: "token=" in text_of(mail))
        token = re.search(r"token=([\w-]+)", text_of(mail))
        assert token is not None  # the mail was chosen by it
        self.ivan.post("/session/redeem", {"token": token.group(1)})
        self.ivan.post(f"/tickets/{self.number}/replies", {"text": PORTAL})
        self.word_stands_here(PORTAL)
        self.one_ticket()
        page = self.ivan.get(f"/tickets/{self.number}")
        texts = [entry["text"] for entry in page["entries"]]
        expect(ANSWER in texts, "he reads the answer in the portal", "ответ виден в портале", texts)
        expect(NOTE not in str(page), "notes are hidden from him", "заметки от него скрыты", texts)

    def ivan_mails_from_his_phone(self) -> None:
        self.mail(PHONE, "1С только на чтение", SECOND, to=SUPPORT)
        row = eventually(self.find_second, "the second mail is taken in", "второе письмо принято")
        offered = self.agent.get(f"/tickets/{row['number']}")["ticket"]["suggestions"]
        names = [one["target"]["name"] for one in offered]
        expect(names == [IVAN[0]], "«probably Ivan» is suggested", "предложено: «вероятно, это Иван»", offered)
        expect(
            not self.ivan_sees(row["number"]),
            "an unproven address shows nothing",
            "непроверенный адрес ничего не открывает",
            row,
        )
        expect(people_named(IVAN[0]) == 1, "one Ivan", "один Иван", people_named(IVAN[0]))
        leaked = [mail["Subject"] for mail in self.place.mailbox.to(PHONE[1]) if ANSWER in text_of(mail)]
        expect(not leaked, "none of his words go to the new address", "на новый адрес его переписка не ушла", leaked)

    def solved_and_confirmed(self) -> None:
        self.agent.post(
            f"/tickets/{self.number}/replies", {"text": SOLUTION, "via": self.by_mail(), "status_after": "resolved"}
        )
        mail = self.received_mail(lambda mail: SOLUTION in text_of(mail))
        tap = re.search(r"answer=yes&token=(\w+)", text_of(mail))
        expect(tap, "the mail asks whether it helped", "в письме спрашивают, помогло ли", text_of(mail))
        assert tap is not None  # expected just above
        Visitor(self.place.url).post("/confirmations", {"token": tap.group(1), "works": True})
        status = self.agent.get(f"/tickets/{self.number}")["ticket"]["status"]
        expect(status == "closed", "it is closed", "обращение закрыто", status)

    def one_chain(self) -> None:
        page = self.agent.get(f"/tickets/{self.number}")
        ticket, entries = page["ticket"], page["entries"]
        expect(ticket["owner_id"] == self.owner, "the same owner", "тот же владелец", ticket["owner_name"])
        expect(
            ticket["first_contact_at"] == self.first_contact,
            "the same age",
            "возраст не сброшен",
            ticket["first_contact_at"],
        )
        texts = [entry["text"].strip() for entry in entries]
        told = (PROBLEM, ANSWER, REPLY, PORTAL, SOLUTION)
        missing = [text for text in told if text not in texts]
        expect(not missing, "every word stands in the timeline", "в ленте есть каждое слово", missing)
        order = [texts.index(text) for text in told]
        expect(order == sorted(order), "in the order of time", "по порядку времени", texts)

    # -- looking ------------------------------------------------------------------------------------------------------

    def mail(self, sender: tuple[str, str], subject: str, text: str, *, to: str, references: str = "") -> str:
        """Hand a mail to Uzel's SMTP port, as a mail server would; gives its Message-ID."""
        mail = EmailMessage()
        mail["From"] = formataddr(sender)
        mail["To"] = to
        mail["Message-ID"] = make_msgid(domain=sender[1].rpartition("@")[2])
        if subject:
            mail["Subject"] = subject
        if references:
            mail["References"] = references
        mail.set_content(text + "\n")
        try:
            with smtplib.SMTP("127.0.0.1", self.place.smtp_port, timeout=20) as smtp:
                smtp.send_message(mail, from_addr=sender[1])
        except (smtplib.SMTPException, OSError) as error:
            raise NotAsExpected("Uzel takes the mail", "Узел принимает письмо", error) from error
        return str(mail["Message-ID"])

    def received_mail(self, is_it: Any) -> EmailMessage:
        """The mail that Ivan waits for."""
        mail = self.place.mailbox.wait(IVAN[1], is_it, seconds=25)
        if mail is None:
            subjects = [str(mail["Subject"]) for mail in self.place.mailbox.to(IVAN[1])]
            raise NotAsExpected("a mail to Ivan", "письмо Ивану", subjects)
        self.received.append(mail)
        return mail

    def word_stands_here(self, text: str) -> None:
        eventually(
            lambda: any(text in entry["text"] for entry in self.agent.get(f"/tickets/{self.number}")["entries"]),
            f"«{text}» stands in {self.number}",
            f"«{text}» — в обращении {self.number}",
        )

    def one_ticket(self) -> None:
        rows = self.agent.get("/tickets?view=all")["items"]
        expect(len(rows) == 1, "still one ticket", "обращение по-прежнему одно", [row["number"] for row in rows])

    def find_second(self) -> dict[str, Any] | None:
        rows = self.agent.get("/tickets?view=all")["items"]
        return next((row for row in rows if row["number"] != self.number), None)

    def ivan_sees(self, number: str) -> bool:
        return self.ivan.status_of(f"/tickets/{number}") != 404

    def by_mail(self) -> dict[str, Any]:
        vias = self.agent.get(f"/tickets/{self.number}/vias")["items"]
        mail = [via for via in vias if via["to"]]
        expect(mail, "Ivan can be reached by mail", "Ивану можно ответить письмом", vias)
        return {"channel_id": mail[0]["channel_id"], "to": mail[0]["to"]}


def people_named(name: str) -> int:
    from uzel.store.models import Person

    return Person.objects.filter(name=name, is_provisional=False, merged_into=None).count()
