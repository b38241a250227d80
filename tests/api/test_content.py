"""Files and layouts of entries: whole, in parts, and harmless."""

from tests.callers import make_agent, make_person, page_of
from tests.chains import make_attachment, make_delivery, make_entry, make_ticket

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def test_a_file_comes_whole_in_parts_and_not_twice() -> None:
    person = make_person()
    file = make_attachment(make_entry(make_ticket(person)), PNG, "снимок экрана.png", "image/png")
    page = page_of(person)

    whole = page.get(f"/attachments/{file.id}")
    part = page.get(f"/attachments/{file.id}", Range="bytes=10-19")
    tail = page.get(f"/attachments/{file.id}", Range="bytes=-5")

    assert b"".join(whole.streaming_content) == PNG
    assert whole["Content-Length"] == str(len(PNG))
    assert whole["Content-Disposition"].startswith("attachment; filename*=utf-8''%D1%81")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, PNG[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(PNG)}"
    assert b"".join(tail.streaming_content) == PNG[-5:]
    assert page.get(f"/attachments/{file.id}", Range="bytes=99999-").status_code == 416
    assert page.get(f"/attachments/{file.id}", **{"If-None-Match": whole["ETag"]}).status_code == 304


def test_a_picture_is_shown_in_place_only_when_asked() -> None:
    person = make_person()
    file = make_attachment(make_entry(make_ticket(person)), PNG, "a.png", "image/png")
    shown = page_of(person).get(f"/attachments/{file.id}?inline=1")
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["Content-Type"] == "image/png"


def test_a_file_that_was_refused_says_why() -> None:
    person = make_person()
    file = make_attachment(make_entry(make_ticket(person)), b"", "a.exe", "application/x-dosexec")
    type(file).objects.update(blob=None, problem="заражён")
    answer = page_of(person).get(f"/attachments/{file.id}")
    assert answer.status_code == 404
    assert "заражён" in answer.json()["detail_ru"]


def test_a_mail_is_laid_out_with_its_own_pictures_and_without_foreign_ones() -> None:
    person = make_person()
    html = '<p>Привет</p><img src="cid:logo@1"><img src="https://spy.example/pixel.gif">'
    entry = make_entry(make_ticket(person), html=html)
    make_attachment(entry, PNG, "logo.png", "image/png", content_id="logo@1", is_inline=True)

    closed = page_of(person).get(f"/entries/{entry.id}/html")
    opened = page_of(person).get(f"/entries/{entry.id}/html?images=1")

    assert "data:image/png;base64,iVBORw0KGgo" in closed.content.decode()
    assert "spy.example" not in closed.content.decode()
    assert closed["X-Uzel-Blocked-Images"] == "1"
    assert "https://spy.example/pixel.gif" in opened.content.decode()


def test_the_original_and_the_quotes_are_at_hand_for_agents() -> None:
    raw = b"From: a@example.org\r\n\r\nhello"
    entry = make_entry(make_ticket(make_person()), quoted="> раньше", delivery=make_delivery(raw))
    page = page_of(make_agent().person)
    original = page.get(f"/entries/{entry.id}/original")
    assert original.content == raw
    assert original["Content-Type"] == "message/rfc822"
    assert page.get(f"/entries/{entry.id}/quoted").json() == {"text": "> раньше"}
