"""Attacks through files: reading foreign ones, running scripts, breaking out of headers and folders."""

import base64

import pytest

from tests.callers import Page, make_agent, make_person, page_of, program_of
from tests.chains import make_attachment, make_delivery, make_entry, make_team, make_ticket
from uzel.store.models import Entry, Organization, TeamMember, TicketPerson, Upload
from uzel.store.uploads import safe_name

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PATHS = ("/attachments/{file}", "/entries/{entry}/html", "/entries/{entry}/quoted")


def addresses(entry: Entry) -> list[str]:
    file = make_attachment(entry, b"secret", "a.txt", "text/plain")
    return [path.format(file=file.id, entry=entry.id) for path in PATHS]


def secret_entry(**fields: object) -> Entry:
    requester = make_person("Олег")
    ticket = make_ticket(requester, team=make_team(is_restricted=True))
    given = {"html": "<p>secret</p>", "quoted": "secret", "delivery": make_delivery(b"secret")} | fields
    return make_entry(ticket, **given)


def test_strangers_colleagues_and_agents_of_other_teams_read_nothing_of_a_closed_ticket() -> None:
    organization = Organization.objects.create(name="Рога и копыта")
    entry = secret_entry()
    entry.ticket.organization = organization
    entry.ticket.save()
    colleague = make_person("Коллега", organization=organization, sees_organization=True)
    readers = [Page(), page_of(make_person()), page_of(colleague), page_of(make_agent().person)]
    for address in [*addresses(entry), f"/entries/{entry.id}/original"]:
        assert [reader.get(address).status_code for reader in readers] == [401, 404, 404, 404], address


def test_whoever_may_see_it_reads_it() -> None:
    entry = secret_entry()
    member = make_agent()
    TeamMember.objects.create(team=entry.ticket.team, agent=member)
    guest = make_person("Гость")
    TicketPerson.objects.create(ticket=entry.ticket, person=guest, role="participant")
    for person in (entry.ticket.requester, member.person, guest, make_agent("Админ", role="administrator").person):
        assert [page_of(person).get(address).status_code for address in addresses(entry)] == [200, 200, 200]


@pytest.mark.parametrize(
    "hidden", [{"kind": "note", "direction": "internal"}, {"withdrawn_at": "2026-01-01T00:00:00Z"}]
)
def test_a_requester_reads_no_file_of_a_note_or_of_a_withdrawn_answer(hidden: dict[str, str]) -> None:
    entry = secret_entry(**hidden)
    page = page_of(entry.ticket.requester)
    assert {page.get(address).status_code for address in addresses(entry)} == {404}


def test_the_raw_mail_is_for_the_desk_only() -> None:
    entry = secret_entry()
    assert page_of(entry.ticket.requester).get(f"/entries/{entry.id}/original").status_code == 404


def test_a_watcher_is_told_but_does_not_read() -> None:
    entry = secret_entry()
    watcher = make_person("Наблюдатель")
    TicketPerson.objects.create(ticket=entry.ticket, person=watcher, role="watcher")
    assert page_of(watcher).get(addresses(entry)[0]).status_code == 404


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.svg", "image/svg+xml"),
        ("a.html", "text/html"),
        ("a.xhtml", "application/xhtml+xml"),
        ("a.xml", "text/xml"),
        ("a.png", "image/png; charset=x\r\nX-Bad: 1"),
        ("a.pht", "text/javascript"),
    ],
)
def test_nothing_that_runs_is_ever_shown_in_place(name: str, kind: str) -> None:
    person = make_person()
    file = make_attachment(make_entry(make_ticket(person)), SCRIPT, name, kind)
    answer = page_of(person).get(f"/attachments/{file.id}?inline=1")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "X-Bad" not in answer.headers


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="evil.exe',
        "a\r\nSet-Cookie: stolen=1",
        "../../etc/passwd",
        "C:\\windows\\system32\\x.dll",
        "invoice\u202efdp.exe",
        "\0",
        "." * 300,
        "я" * 500 + ".pdf",
    ],
)
def test_a_file_name_can_not_break_out_of_its_header_or_folder(name: str) -> None:
    person = make_person()
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('\r\n\0/\\"\u202e')
    file = make_attachment(make_entry(make_ticket(person)), b"x", name.replace("\0", ""), "text/plain")
    answer = page_of(person).get(f"/attachments/{file.id}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "\r" not in answer["Content-Disposition"]
    assert answer["Content-Disposition"].count('"') in (0, 2)


def test_an_uploads_name_leads_nowhere() -> None:
    page = page_of(make_person())
    name = base64.b64encode(b"../../../../tmp/evil.sh").decode()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": f"filename {name}"}
    assert page.client.post("/api/v1/uploads", headers=headers).status_code == 201
    assert Upload.objects.get().name == "evil.sh"


@pytest.mark.parametrize("path", ["/uploads/..%2f..%2fsecret.key", "/uploads/../../etc/passwd", "/attachments/-1"])
def test_addresses_outside_the_folder_are_not_found(path: str) -> None:
    page = page_of(make_agent(role="administrator").person)
    assert page.client.head(f"/api/v1{path}", headers={"Tus-Resumable": "1.0.0"}).status_code in (404, 405)
    assert page.get(path).status_code in (404, 405)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action='https://evil.example'><button formaction='javascript:alert(1)'>x</button></form>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<div style=\"background:url('https://evil.example/x')\">x</div>",
        "<style>@import 'https://evil.example/x.css'</style>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href='https://evil.example/'>",
        "</body></html><script>alert(1)</script>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    ],
)
def test_a_mail_runs_nothing_and_fetches_nothing(html: str) -> None:
    person = make_person()
    entry = make_entry(make_ticket(person), html=f"<p>text</p>{html}")
    answer = page_of(person).get(f"/entries/{entry.id}/html")
    body = answer.content.decode().partition("<body>")[2].lower()
    for danger in (
        "<script",
        "onerror",
        "onload",
        "javascript:",
        "<iframe",
        "<form",
        "<meta",
        "<base",
        "evil.example",
        "svg",
    ):
        assert danger not in body
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


def test_a_token_without_the_right_scope_reads_no_file() -> None:
    person = make_person()
    file = make_attachment(make_entry(make_ticket(person)), b"x", "a.txt", "text/plain")
    assert program_of(person, "intake").get(f"/attachments/{file.id}").status_code == 403
    assert program_of(person, "read").get(f"/attachments/{file.id}").status_code == 200
