import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.domain.classify import Defaults, Kind, Labels, Moment, Topic, classify, language_of
from uzel.domain.deadlines import find_deadline
from uzel.domain.reasons import explain_all

ZONE = zoneinfo.ZoneInfo("Europe/Moscow")
NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=ZONE)  # a Tuesday
TOPICS = (
    Topic(1, ("почта", "outlook", "mail")),
    Topic(2, ("1с", "бухгалтерия")),
    Topic(1, ("пароль", "password"), service=3, kind=Kind.REQUEST),  # a category's id may equal a service's
    Topic(12, ("рассылка",), service=1),
    Topic(3, ("доступ", "учётная запись")),
)


def labels(subject: str = "", text: str = "", defaults: Defaults | None = None) -> Labels:
    return classify(subject, text, topics=TOPICS, defaults=defaults or Defaults(), moment=Moment(NOW, ZONE))


@pytest.mark.parametrize(
    ("subject", "text", "service", "category"),
    [
        ("", "Не открывается Outlook", 1, None),
        ("Бухгалтерии нужна помощь", "не проводится документ в 1С", 2, None),
        ("", "не приходит рассылка", 1, 12),
        ("Forgot my password", "", 3, 1),
        ("", "заблокирована учетная запись", 3, None),
        ("1С", "не отправляет почту", 2, None),
        ("", "сломался стул", None, None),
    ],
)
def test_keywords_of_either_language_and_any_form_name_service_and_category(
    subject: str, text: str, service: int | None, category: int | None
) -> None:
    got = labels(subject, text)

    assert (got.service, got.category) == (service, category)
    assert service is None or "keyword" in {reason.code for reason in got.reasons}


def test_without_a_keyword_the_channel_decides() -> None:
    got = labels(text="сломался стул", defaults=Defaults(service=9, impact=1, urgency=3))

    assert (got.service, got.impact, got.urgency, got.priority) == (9, 1, 3, 3)
    assert explain_all(got.reasons, "ru") == "значение по умолчанию для канала"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Забыл пароль", Kind.REQUEST),
        ("Прошу предоставить доступ к папке", Kind.REQUEST),
        ("Please order a chair", Kind.REQUEST),
        ("Добрый день! Как сменить подпись?", Kind.QUESTION),
        ("How do I print both sides?", Kind.QUESTION),
        ("Не работает телефон", Kind.INCIDENT),
    ],
)
def test_kind_comes_from_the_category_or_from_the_words(text: str, kind: Kind) -> None:
    assert labels(text=text).kind is kind


@pytest.mark.parametrize(
    ("text", "impact", "urgency", "priority"),
    [
        ("Срочно! у всех лежит 1С", 1, 1, 1),
        ("ASAP please, cannot print", 2, 1, 2),
        ("не срочно: замените лампу", 2, 3, 4),
        ("No rush, the lamp is dim", 2, 3, 4),
        ("nobody can log in", 1, 2, 2),
        ("нужно до 18:00", 2, 1, 2),
        ("нужно до пятницы", 2, 2, 3),
        ("лампа", 2, 2, 3),
    ],
)
def test_pressure_in_the_words_sets_impact_urgency_and_priority(
    text: str, impact: int, urgency: int, priority: int
) -> None:
    got = labels(text=text)

    assert (got.impact, got.urgency, got.priority) == (impact, urgency, priority)


@pytest.mark.parametrize(
    ("text", "language"), [("Не работает Outlook 2019 Professional", "ru"), ("It is down", "en"), ("???", "ru")]
)
def test_language_is_that_of_the_words_and_not_of_product_names(text: str, language: str) -> None:
    assert language_of(text, "ru") == language


@pytest.mark.parametrize(
    ("text", "day", "time"),
    [
        ("нужно до 10:00", 11, "10:00"),
        ("к 18 часам прошу", 10, "18:00"),
        ("завтра к 10 утра встреча", 11, "10:00"),
        ("до завтра 11:00", 11, "11:00"),
        ("к 10 завтра", 11, "10:00"),
        ("by 10:00 tomorrow", 11, "10:00"),
        ("by 5 pm", 10, "17:00"),
        ("к 3 дня", 10, "15:00"),
        ("до конца дня", 10, "18:00"),
        ("before the end of the day", 10, "18:00"),
        ("до пятницы", 13, "18:00"),
        ("by 10:00 on Friday", 13, "10:00"),
        ("до вторника", 17, "18:00"),
        ("before 12 March 14:30", 12, "14:30"),
        ("by March 15", 15, "18:00"),
        ("послезавтра к 9:15", 12, "09:15"),
        ("до 11:00 сегодня, а лучше до 17:00", 10, "17:00"),
    ],
)
def test_a_deadline_is_read_in_the_zone_of_the_person(text: str, day: int, time: str) -> None:
    found = find_deadline(text, NOW.astimezone(dt.UTC), ZONE)

    assert found is not None
    assert (found.at.month, found.at.day, found.at.strftime("%H:%M")) == (3, day, time)
    assert found.at.utcoffset() == dt.timedelta(hours=3)


@pytest.mark.parametrize(
    "text",
    [
        "работаем с 9 до 18:00",
        "увеличить до 10 ГБ",
        "до 10",
        "до 31 апреля",
        "до 15 января",
        "доступ до папки",
        "до 11:00 сегодня",
        "",
    ],
)
def test_sizes_ranges_and_what_is_over_are_no_deadline(text: str) -> None:
    assert find_deadline(text, NOW, ZONE) is None


def test_an_hour_that_does_not_exist_leaves_the_day() -> None:
    found = find_deadline("до завтра 25:70", NOW, ZONE)

    assert found is not None
    assert found.at == dt.datetime(2026, 3, 11, 18, 0, tzinfo=ZONE)


@given(st.text(max_size=80), st.datetimes(timezones=st.just(dt.UTC)).filter(lambda at: 1990 < at.year < 2090))
def test_any_text_is_labelled_and_a_deadline_lies_ahead(text: str, now: dt.datetime) -> None:
    got = classify(text, text, topics=TOPICS, defaults=Defaults(), moment=Moment(now, ZONE))

    assert got.priority in {1, 2, 3, 4}
    assert got.deadline is None or got.deadline > now
