"""Tokens that people and mail servers carry about."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uzel.kernel.tokens import candidates, sign, sign_until, verify

SECRET = b"test secret"
NOW = dt.datetime(2024, 4, 1, 10, tzinfo=dt.UTC)


@given(st.text(max_size=30))
def test_value_comes_back_from_its_token_in_any_case(value: str) -> None:
    token = sign(SECRET, "ticket", value)

    assert verify(SECRET, "ticket", token) == value
    assert verify(SECRET, "ticket", token.upper()) == value


def test_ticket_token_fits_a_local_part() -> None:
    token = sign(SECRET, "ticket", "1234567890")

    assert len(f"support+{token}") <= 64
    assert token.isalnum()
    assert token.islower()


@pytest.mark.parametrize("position", range(0, 34, 3))
def test_changed_letter_makes_a_token_worthless(position: int) -> None:
    token = sign(SECRET, "ticket", "4711")
    position %= len(token)
    other = "b" if token[position] != "b" else "c"

    assert verify(SECRET, "ticket", token[:position] + other + token[position + 1 :]) is None


def test_token_is_worth_nothing_elsewhere() -> None:
    token = sign(SECRET, "ticket", "4711")

    assert verify(b"another", "ticket", token) is None
    assert verify(SECRET, "invite", token) is None
    assert verify(b"", "ticket", token) is None
    assert verify(SECRET, "ticket", token + "a") is None
    assert verify(SECRET, "ticket", "не токен") is None


def test_expiring_token_lasts_until_its_moment_and_wants_a_clock() -> None:
    token = sign_until(SECRET, "link", "7", expires=NOW)

    assert verify(SECRET, "link", token, now=NOW - dt.timedelta(seconds=1)) == "7"
    assert verify(SECRET, "link", token, now=NOW) is None
    assert verify(SECRET, "link", token) is None


def test_token_is_found_in_a_line_of_text() -> None:
    token = sign(SECRET, "ticket", "4711")

    assert token in list(candidates(f"To: help+{token}@example.org, Re: [{token}] x{token}"))
    assert list(candidates("no tokens in a line of common words")) == []
