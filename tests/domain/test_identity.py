import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.domain.identity import HandleFacts, KnownHandle, KnownPerson, KnownTicket, Standing, handles_in, judge_sender
from uzel.domain.joining_types import Proof
from uzel.domain.names import same_name
from uzel.domain.reasons import codes

IVAN = KnownPerson(
    id=1,
    name="Иван Петров",
    handles=(KnownHandle("email", "i.petrov@romashka.ru"), KnownHandle("phone", "+79161234567")),
    domains=frozenset({"romashka.ru"}),
    open_tickets=(KnownTicket("U-10482", "Не запускается 1С", "1С Бухгалтерия не запускается, ошибка 57"),),
)
NAMESAKE = KnownPerson(id=2, name="Иван Петров", handles=(KnownHandle("email", "petrov@other.ru"),))


def facts(**given_facts: object) -> HandleFacts:
    known: dict[str, object] = {"kind": "email", "value": "vanya@mail.ru", "proof": Proof.PROBABLE}
    return HandleFacts(**{**known, **given_facts})  # type: ignore[arg-type]  # a test's shorthand


def test_the_very_address_is_known_and_as_proven_as_the_message() -> None:
    good = judge_sender(facts(value="i.petrov@romashka.ru", proof=Proof.PROVEN), [IVAN, NAMESAKE])
    spoofed = judge_sender(facts(value="i.petrov@romashka.ru", proof=Proof.CLAIMED), [IVAN])

    assert (good.standing, good.person, good.proof) == (Standing.KNOWN, 1, Proof.PROVEN)
    assert (spoofed.standing, spoofed.person, spoofed.proof) == (Standing.KNOWN, 1, Proof.CLAIMED)
    assert "unproven_handle" in {reason.code for reason in spoofed.reasons}


def test_an_address_that_was_only_claimed_once_is_a_suggestion() -> None:
    claimed = KnownPerson(id=3, handles=(KnownHandle("email", "vanya@mail.ru", Proof.CLAIMED),))
    got = judge_sender(facts(proof=Proof.PROVEN), [claimed])

    assert (got.standing, got.person) == (Standing.PROVISIONAL, None)
    assert got.suggestions[0].person == 3


def test_an_address_of_two_people_is_nobody_for_sure() -> None:
    twins = [KnownPerson(id=n, handles=(KnownHandle("email", "vanya@mail.ru"),)) for n in (5, 4)]
    got = judge_sender(facts(proof=Proof.PROVEN), twins)

    assert got.standing is Standing.PROVISIONAL
    assert [one.person for one in got.suggestions] == [4, 5]


def test_two_namesakes_are_both_suggested_and_the_one_with_the_ticket_first() -> None:
    got = judge_sender(facts(name="Ivan Petrov", text="по обращению U-10482"), [NAMESAKE, IVAN])

    assert [one.person for one in got.suggestions] == [1, 2]
    assert {reason.code for reason in got.suggestions[0].reasons} == {"same_name", "mentions_ticket"}


@pytest.mark.parametrize(
    ("given_facts", "code"),
    [
        ({"text": "Пишу с личной.\n--\nИван, тел. 8 (916) 123-45-67"}, "signature_handle"),
        ({"text": "раб. почта I.Petrov@romashka.ru"}, "signature_handle"),
        ({"value": "info@romashka.ru", "name": "Петров Иван"}, "same_domain"),
        ({"name": "Петров И.", "subject": "Не запускается 1С"}, "mentions_ticket"),
        ({"name": "Петров Иван", "text": "1С Бухгалтерия так и не запускается, ошибка 57"}, "similar_ticket"),
    ],
)
def test_each_ground_is_found_and_only_suggests(given_facts: dict[str, object], code: str) -> None:
    got = judge_sender(facts(**given_facts), [IVAN])

    assert (got.standing, got.person) == (Standing.PROVISIONAL, None)
    assert code in {reason.code for reason in got.reasons}


def test_a_colleague_of_the_same_domain_is_new() -> None:
    assert judge_sender(facts(value="olga@romashka.ru", name="Ольга Белова"), [IVAN]).standing is Standing.NEW
    assert judge_sender(facts(kind="chat", value="42"), []).standing is Standing.NEW


people = st.lists(
    st.builds(
        KnownPerson,
        id=st.integers(1, 6),
        name=st.sampled_from(["Иван Петров", "Анна Белова", ""]),
        handles=st.lists(
            st.builds(
                KnownHandle, st.just("email"), st.sampled_from(["vanya@mail.ru", "x@y.ru"]), st.sampled_from(Proof)
            ),
            max_size=2,
        ).map(tuple),
        domains=st.frozensets(st.sampled_from(["mail.ru", "y.ru"])),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)


@given(st.sampled_from(Proof), st.sampled_from(["Ivan Petrov", "", "Анна"]), people)
def test_nobody_is_merged_silently_and_the_order_does_not_matter(
    proof: Proof, name: str, known: list[KnownPerson]
) -> None:
    sender = facts(proof=proof, name=name, text="x@y.ru")
    got = judge_sender(sender, known)

    assert got == judge_sender(sender, list(reversed(known)))
    if got.person is not None:
        holder = next(one for one in known if one.id == got.person)
        assert any(held.value == sender.value and held.proof > Proof.CLAIMED for held in holder.handles)
        assert got.proof <= proof
    assert all(0 < one.score <= 100 for one in got.suggestions)
    assert {reason.code for one in got.suggestions for reason in one.reasons} <= codes()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Петров Иван", "Ivan Petrov", True),
        ("Юлия Щербакова", "Julia Scherbakova", True),
        ("Дмитрий Хохлов", "Dmitriy Khokhlov", True),
        ("Евгений Цой", "Yevgeny Tsoy", True),
        ("Пётр Орлов", "Петр Орлов", True),
        ("Петров Иван Сергеевич", "Иван Петров", True),
        ("И. Петров", "Иван Петров", True),
        ("П. Петров", "Иван Петров", False),
        ("Иван Петров", "Илья Петров", False),
        ("Александр", "Александр", False),
        ("И. П.", "Иван Петров", False),
        ("", "", False),
    ],
)
def test_names_are_the_same_in_any_order_and_alphabet(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
    assert same_name(other, one) is same


def test_addresses_and_phones_are_read_out_of_a_text() -> None:
    assert handles_in("mail A.B@x.ru, тел +7 (495) 111-22-33, заказ 770154") == {"a.b@x.ru", "+74951112233"}
