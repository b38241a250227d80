import pytest

from uzel.domain import phrases
from uzel.domain.text import MAX_CHARS, contradicts, digest, likeness, own_words, shared_terms


def like(one: str, other: str) -> float:
    return likeness(digest("", one), digest("", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Принтеры не печатают", "принтер не печатает"),
        ("Счёт не пришёл", "нет счета"),
        ("VPN disconnects every hour", "VPN отключается каждый час"),
        ("вай-фай в переговорной", "Wi-Fi в переговорной"),
        ("ошибка 0x80070643", "error 0x80070643"),
    ],
)
def test_inflection_yo_synonyms_and_language_do_not_hide_a_likeness(one: str, other: str) -> None:
    assert like(one, other) >= 0.45


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Добрый день! Помогите, не работает, срочно", "Добрый день! Помогите, срочно"),
        ("", "принтер не печатает"),
        ("Принтер\nС уважением, Анна, отдел продаж", "Отпуск\nС уважением, Анна, отдел продаж"),
        ("??? !!!", "??? !!!"),
    ],
)
def test_greetings_signatures_small_talk_and_nothing_are_no_likeness(one: str, other: str) -> None:
    assert like(one, other) < 0.3


def test_likeness_is_symmetric_and_a_text_is_like_itself() -> None:
    one, other = digest("Принтер", "жуёт бумагу в 305"), digest("", "В 305 замята бумага")

    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) > 0.9


def test_a_word_of_the_subject_weighs_more() -> None:
    assert digest("Принтер", "").mass > digest("", "принтер").mass


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("сервер srv-app03 недоступен", "сервер srv-app07 недоступен", True),
        ("заказ 770154", "заказ 765001", True),
        ("касса 1 не бьёт чек", "касса 3 не бьёт чек", True),
        ("пропуск для Сидорова", "пропуск для Кузнецовой", True),
        ("разблокируйте d.volkov", "разблокируйте e.zueva", True),
        ("пароль от VPN", "пароль от Jira", True),
        ("заказ 770154", "где заказ 770154 и 765001", False),
        ("касса 1", "касса 1", False),
        ("принтер", "заказ 765001", False),
    ],
)
def test_two_names_of_one_sort_contradict_unless_a_unique_one_is_shared(one: str, other: str, differ: bool) -> None:
    assert (contradicts(digest("", one), digest("", other)) is not None) is differ


def test_dotted_and_hyphenated_words_stay_whole_only_as_names() -> None:
    assert "#10.0.0.12" in digest("", "не пингуется 10.0.0.12").entities
    assert "shop.exampl.ru" in {term.replace("e.ru", ".ru") for term in digest("", "сайт shop.example.ru").weights}
    assert len(digest("", "веб-камера").weights) == 2


def test_years_and_small_numbers_are_not_unique() -> None:
    assert not digest("", "отчёт за 2025 год, 5 листов, кабинет 12").entities


def test_shared_terms_are_readable_and_heaviest_first() -> None:
    assert shared_terms(digest("", "ошибка ORA-01017 в АБС"), digest("", "АБС ORA-01017"))[0] == "ora-01017"


def test_a_text_that_is_only_a_signature_keeps_its_words() -> None:
    assert own_words("С уважением, Анна") == "С уважением, Анна"
    assert own_words("Добрый день, Сергей! Нет сети\n--\nАнна").strip() == "Нет сети"


@pytest.mark.parametrize(
    "text", ["всё ещё не работает", "есть новости?", "Дополнение к заявке", "any update?", "still down"]
)
def test_words_that_point_back_are_found(text: str) -> None:
    assert phrases.continues(text)


@pytest.mark.parametrize("text", ["Другой вопрос: визитки", "и ещё одна проблема", "This is unrelated", "new issue"])
def test_words_that_announce_another_matter_are_found(text: str) -> None:
    assert phrases.other_topic(text)


@pytest.mark.parametrize(
    ("text", "only"),
    [("Спасибо!", True), ("Thanks, works now", True), ("спасибо, но не работает", False), ("принтер", False)],
)
def test_thanks_that_complain_want_an_answer(text: str, only: bool) -> None:
    assert phrases.only_thanks(text) is only


def test_ticket_numbers_are_found_in_any_case() -> None:
    assert phrases.ticket_numbers("re: u-10482", "см. U-7, AU-9") == {"U-10482", "U-7"}


@pytest.mark.parametrize("unit", ["а", " ", "\n", "1", "до ", "a.", "- ", "завтра ", "@a", "+7 9", "Иван ", "U-1"])
def test_a_huge_text_made_to_be_slow_is_read_up_to_the_limit_only(unit: str) -> None:
    huge = unit * (200_000 // len(unit))

    assert len(own_words(huge)) <= MAX_CHARS
    assert digest("", huge).weights == digest("", huge[:MAX_CHARS]).weights
