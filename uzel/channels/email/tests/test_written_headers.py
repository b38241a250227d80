"""Names and subjects arrive letter by letter, however their lines had to be broken."""

import datetime as dt
import email
from email.header import decode_header, make_header
from email.message import Message

from hypothesis import given, settings
from hypothesis import strategies as st

from uzel.channelkit.contract import Account, Outgoing
from uzel.channels.email.compose import compose
from uzel.channels.email.settings import read_settings

SUBJECT = "Re: Не печатает принтер на складе после обновления драйвера в бухгалтерии [U-10033]"
WORDS = SUBJECT.split(" ")
ACCOUNT = Account(id=1, kind="email", name="", settings={"address": "help@desk.example"}, secret=b"s" * 32)


def received(subject: str, author: str) -> tuple[bytes, Message]:
    message = Outgoing(client_key="1", to="ivan@client.example", to_name=author, subject=subject, author_name=author)
    source = compose(message, ACCOUNT, read_settings(ACCOUNT), now=dt.datetime.now(dt.UTC)).source
    return source, email.message_from_bytes(source)


def read(mail: Message, header: str) -> str:
    """As the standard says it; the library's newer reader adds spaces of its own between a name's encoded words."""
    return str(make_header(decode_header(mail[header])))


def test_no_space_is_lost_and_none_added() -> None:
    for first in range(len(WORDS)):
        for last in range(first + 1, len(WORDS) + 1):
            words = " ".join(WORDS[first:last])
            name = words.replace(":", "").strip("[]")
            _, mail = received(words, name)
            assert read(mail, "Subject") == words
            assert read(mail, "From") == f"{name} <help@desk.example>"
            assert read(mail, "To") == f"{name} <ivan@client.example>"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=200))
def test_any_words_are_broken_into_lines_that_every_server_takes(words: str) -> None:
    words = " ".join(words.split())
    source, mail = received(words, words)
    head = source.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert head.isascii()
    if not words.isascii():
        assert read(mail, "Subject") == words
        assert read(mail, "From") == f"{words} <help@desk.example>"
