"""What programs put around a reply is cut in every language; what people write stays."""

import pytest

from uzel.channels.email.automatic import kind_of
from uzel.channels.email.forward import find_forwarded
from uzel.channels.email.headers import read_headers
from uzel.channels.email.reply import cut_reply

ATTRIBUTIONS = [
    "On Mon, Apr 1, 2024 at 10:00 AM Ann <a@b.com> wrote:",
    "On 01/04/2024 10:00, Ann wrote:",
    "On 1 Apr 2024, at 10:00, Ann <a@b.com> wrote:",
    "Am Mo., 1. Apr. 2024 um 10:00 Uhr schrieb Ann <a@b.com>:",
    "Am 01.04.2024 um 10:00 schrieb Ann:",
    "Am 01.04.24 um 10:00 schrieb Ann:",
    "Le lun. 1 avr. 2024 à 10:00, Ann <a@b.com> a écrit :",
    "Le 01/04/2024 à 10:00, Ann a écrit :",
    "Le 1 avr. 2024 à 10:00, Ann <a@b.com> a écrit :",
    "El lun, 1 abr 2024 a las 10:00, Ann (<a@b.com>) escribió:",
    "El 1/4/24 a las 10:00, Ann escribió:",
    "Il giorno lun 1 apr 2024 alle ore 10:00 Ann <a@b.com> ha scritto:",
    "Il 01/04/2024 10:00, Ann ha scritto:",
    "Em seg., 1 de abr. de 2024 às 10:00, Ann <a@b.com> escreveu:",
    "Em 01/04/2024 10:00, Ann escreveu:",
    "Op ma 1 apr 2024 om 10:00 schreef Ann <a@b.com>:",
    "Op 1 apr. 2024, om 10:00 heeft Ann <a@b.com> het volgende geschreven:",
    "pon., 1 kwi 2024 o 10:00 Ann <a@b.com> napisał(a):",
    "W dniu 1.04.2024 o 10:00, Ann pisze:",
    "Den mån 1 apr. 2024 kl 10:00 skrev Ann <a@b.com>:",
    "Den 2024-04-01 kl. 10:00, skrev Ann:",
    "Den man. 1. apr. 2024 kl. 10.00 skrev Ann <a@b.com>:",
    "man. 1. apr. 2024 kl. 10:00 skrev Ann <a@b.com>:",
    "po 1. 4. 2024 v 10:00 odesílatel Ann <a@b.com> napsal:",
    "Dne 01. 04. 24 v 10:00 Ann napsal(a):",
    "ma 1. huhtik. 2024 klo 10.00 Ann (a@b.com) kirjoitti:",
    "Ann <a@b.com> ezt írta (időpont: 2024. ápr. 1., H, 10:00):",
    "2024. 04. 01. 10:00 keltezéssel, Ann írta:",
    "Ann <a@b.com>, 1 Nis 2024 Pzt, 10:00 tarihinde şunu yazdı:",
    "1.04.2024 10:00 tarihinde Ann yazdı:",
    "2024年4月1日(月) 10:00 Ann <a@b.com>:",
    "2024/04/01 10:00、Annのメール：",
    "Ann <a@b.com> 于2024年4月1日周一 10:00写道：",
    "在 2024年4月1日，10:00，Ann <a@b.com> 写道：",
    "2024년 4월 1일 (월) 오전 10:00, Ann <a@b.com>님이 작성:",
    "пн, 1 квіт. 2024 р. о 10:00 Ann <a@b.com> пише:",
    "În lun., 1 apr. 2024 la 10:00, Ann <a@b.com> a scris:",
    "pon, 1. tra 2024. u 10:00 Ann <a@b.com> napisao je:",
    "Dana 1.4.2024. u 10:00, Ann je napisao/la:",
    "Στις Δευ 1 Απρ 2024 στις 10:00 π.μ., ο χρήστης Ann <a@b.com> έγραψε:",
    "Vào Th 2, 1 thg 4, 2024 vào lúc 10:00 Ann <a@b.com> đã viết:",
    "po 1. 4. 2024 o 10:00 Ann <a@b.com> napísal(a):",
    "Понедельник, 1 апреля 2024, 10:00 +03:00 от Ann <a@b.com>:",
    '01.04.2024, 10:00, "Ann" <a@b.com>:',
    "1 апреля 2024 г. 10:00:00 GMT+03:00, Ann <a@b.com> пишет:",
    "01.04.2024 10:00, Ann пишет:",
    "Ann <a@b.com> писал(а) в своём письме Mon, 01 Apr 2024 10:00:00 +0300:",
    "---- On Mon, 01 Apr 2024 10:00:00 +0300 Ann <a@b.com> wrote ----",
    "------- Original Message -------",
    "-------- Original message --------",
    "-------- Ursprüngliche Nachricht --------",
    "-------- Message d'origine --------",
    "----- Mensagem original -----",
    "---- Исходное сообщение ----",
    "-----Oprindelig meddelelse-----",
    "------------------ 原始邮件 ------------------",
    "Ann <a@b.com> schrieb am Mo., 1. Apr. 2024, 10:00:",
    "Ann <a@b.com> wrote on 01.04.2024 10:00:00:",
    "From: Ann <a@b.com>\nSent: Monday, April 1, 2024 10:00 AM\nTo: X <x@b.com>\nSubject: hi",
    "Von: Ann <a@b.com>\nGesendet: Montag, 1. April 2024 10:00\nAn: X\nBetreff: hi",
    "De : Ann <a@b.com>\nEnvoyé : lundi 1 avril 2024 10:00\nÀ : X\nObjet : hi",
    "De: Ann\nEnviado: lunes, 1 de abril de 2024 10:00\nPara: X\nAsunto: hi",
    "Da: Ann\nInviato: lunedì 1 aprile 2024 10:00\nA: X\nOggetto: hi",
    "Van: Ann\nVerzonden: maandag 1 april 2024 10:00\nAan: X\nOnderwerp: hi",
    "Från: Ann\nSkickat: den 1 april 2024 10:00\nTill: X\nÄmne: hi",
    "Lähettäjä: Ann\nLähetetty: maanantai 1. huhtikuuta 2024 10.00\nVastaanottaja: X\nAihe: hi",
    "Od: Ann\nWysłano: poniedziałek, 1 kwietnia 2024 10:00\nDo: X\nTemat: hi",
    "Od: Ann\nOdesláno: pondělí 1. dubna 2024 10:00\nKomu: X\nPředmět: hi",
    "Kimden: Ann\nGönderildi: 1 Nisan 2024 10:00\nKime: X\nKonu: hi",
    "差出人: Ann\n送信日時: 2024年4月1日 10:00\n宛先: X\n件名: hi",
    "发件人: Ann\n发送时间: 2024年4月1日 10:00\n收件人: X\n主题: hi",
    "Від: Ann\nНадіслано: 1 квітня 2024 10:00\nКому: X\nТема: hi",
    "Feladó: Ann\nElküldve: 2024. április 1. 10:00\nCímzett: X\nTárgy: hi",
    "보낸 사람: Ann\n보낸 날짜: 2024년 4월 1일\n받는 사람: X\n제목: hi",
    "От: Ann\nДата: понедельник, 1 апреля 2024 г. в 10:00\nКому: X\nТема: hi",
    "*От:* Ann <a@b.com>\n*Отправлено:* 1 апреля 2024\n*Кому:* X\n*Тема:* hi",
    "Från: Ann <a@b.com>\nDatum: måndag 1 april 2024 10:00\nTill: X\nÄmne: hi",
    "Expéditeur: Ann <a@b.com>\nDate: 1 avril 2024\nDestinataire: X\nObjet: hi",
]

DEVICES = [
    "Sent from my iPhone",
    "Sent from my Galaxy",
    "Sent from Yahoo Mail on Android",
    "Sent from Outlook for iOS",
    "Get Outlook for Android<https://x>",
    "Sent from Mail for Windows",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX iPhone App",
    "Von Samsung Mobile gesendet",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon smartphone Samsung Galaxy.",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "iPhone'umdan gönderildi",
    "iPhoneから送信",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "나의 iPhone에서 보냄",
    "Отправлено с iPhone",
    "Отправлено с моего iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из мобильного приложения Яндекс Почты",
    "Отправлено из Почты для Windows",
    "Отправлено с устройства Galaxy",
    "Надіслано з iPhone",
    "Отправлено из Outlook для iOS",
    "Отправлено с моего смартфона HUAWEI",
    "Sent via BlackBerry",
    "Sent from my Huawei Mobile",
    "Küldve az iPhone-omról",
    "Trimis de pe iPhone",
    "Sent with Proton Mail secure email.",
    "Отправлено с помощью Yandex.Mail",
]

SENTENCES = [
    "Sent from the warehouse, please check",
    "Отправлено с ошибкой",
    "Get Outlook working again please",
    "В понедельник в 10:00 пришёл мастер и написал: «всё готово».",
    "От: склада\nКому: бухгалтерии\nПередайте накладную.",
    "2024-04-01 10:00: принтер встал\n2024-04-01 11:00: снова встал",
    "On the other hand, it could happen twice",
    "Напишите на help@example.org: там ответят",
]


@pytest.mark.parametrize("quote", ["\n\n> quoted", "\nquoted text here"])
@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quote_is_cut_with_what_introduces_it(attribution: str, quote: str) -> None:
    reply = cut_reply(f"Готово\n\n{attribution}{quote}")

    assert reply.text == "Готово"
    assert reply.quoted.startswith(attribution[:10])


@pytest.mark.parametrize("line", DEVICES)
def test_signature_of_a_device_is_cut(line: str) -> None:
    assert cut_reply(f"Готово\n\n{line}").text == "Готово"


@pytest.mark.parametrize("line", SENTENCES)
def test_words_of_a_person_stay(line: str) -> None:
    assert cut_reply(f"Готово\n\n{line}").text == f"Готово\n\n{line}"


def test_answers_between_the_quotes_stay() -> None:
    text = "01.04.2024 10:00, Поддержка пишет:\n> Какой принтер?\nHP\n> Где стоит?\nВ бухгалтерии\n\n-- \nИван"

    assert cut_reply(text).text == "HP\nВ бухгалтерии"


def test_mail_that_is_all_quote_stays_whole() -> None:
    assert cut_reply("> Добрый день!\n> Какой принтер?").text == "> Добрый день!\n> Какой принтер?"


BLOCK = "От: Иван <ivan@client.example>\nОтправлено: 1 апреля 2024 г. 10:00\nКому: help\nТема: Пропуск\n\nТекст"


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("FW: Пропуск", f"Прошу взять.\n\n{BLOCK}", True),
        ("Re: Пропуск", f"Спасибо.\n\n{BLOCK}", False),
        ("Пропуск", f"Спасибо.\n\n{BLOCK}", False),
        ("Пропуск", BLOCK, True),
        ("Re: Пропуск", BLOCK, False),
    ],
)
def test_bare_block_is_a_forward_only_when_the_mail_says_so(subject: str, text: str, found: bool) -> None:
    forwarded = find_forwarded(text, subject)

    assert (forwarded.sender.value if forwarded else None) == ("ivan@client.example" if found else None)


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Out of Office: Printer", "auto-reply"),
        ("В отпуске до 15 апреля", "auto-reply"),
        ("Réponse automatique : imprimante", "auto-reply"),
        ("自动回复: 打印机", "auto-reply"),
        ("Вне офиса не работает VPN", "none"),
        ("Автоответ не работает", "none"),
        ("Auto-repair invoice", "none"),
        ("On leave policy question", "none"),
    ],
)
def test_subject_tells_an_absence_from_a_request_about_it(subject: str, kind: str) -> None:
    assert kind_of(read_headers([b"From: ivan@example.com"]), subject, "ivan@example.com") == kind


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-generated", "auto-reply"),
        (b"Auto-Submitted: no", "none"),
        (b"Precedence: bulk", "list"),
        (b"List-Id: <users.example.org>", "list"),
        (b"X-Auto-Response-Suppress: OOF, AutoReply", "auto-reply"),
        (b"X-Autoreply: yes", "auto-reply"),
        (b"Return-Path: <>", "auto-reply"),
    ],
)
def test_header_tells_a_robot(header: bytes, kind: str) -> None:
    assert kind_of(read_headers([b"From: ivan@example.com", header]), "Printer", "ivan@example.com") == kind


def test_form_of_a_web_site_is_no_robot() -> None:
    assert kind_of(read_headers([b"From: no-reply@example.com"]), "Printer", "no-reply@example.com") == "none"
