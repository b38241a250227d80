"""Signing in by TLS, STARTTLS and OAuth2; what the connection test says; how settings are kept."""

import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mail.connecting import connecting
from tests.mail.dovecot import PASSWORD, Dovecot
from tests.mail.mails import ADDRESS, mail, make_channel, numbers
from tests.mail.ports import eventually, free_port
from tests.mail.scripted import scripted_smtp
from uzel.channelkit.contract import Account, Finding
from uzel.channels import email
from uzel.channels.email.oauth import forget_token
from uzel.channels.email.settings import read_settings
from uzel.kernel.errors import Invalid
from uzel.store.channels import MASK, account, accounts, masked, save_settings
from uzel.store.models import Channel

Certificates = tuple[str, tuple[bytes, bytes]]


class Tokens(http.server.BaseHTTPRequestHandler):
    """Gives access tokens for the refresh token «good», and tells Dovecot whose they are."""

    def do_POST(self) -> None:
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        good = form.get("refresh_token") == ["good"]
        self._answer(200 if good else 400, {"access_token": "t0k3n", "expires_in": 3600} if good else {"error": "no"})

    def do_GET(self) -> None:
        user = "test_a_mailbox_is_read_with_an_oauth2_token"[-40:].strip("_")
        self._answer(200 if self.path.endswith("t0k3n") else 401, {"email": user, "scope": "mail"})

    def _answer(self, code: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def token_server(tokens_port: int) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", tokens_port), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{tokens_port}/token"
    server.shutdown()
    server.server_close()


def checked(**settings: Any) -> list[Finding]:
    values = {"address": ADDRESS, "password": PASSWORD, "imap_security": "none", "smtp_security": "none"} | settings
    return list(email.check(Account(id=1, kind="email", name="x", settings=values)))


def hints(findings: list[Finding]) -> str:
    return " ".join(finding.hint_ru for finding in findings if not finding.ok)


def reading(dovecot: Dovecot, user: str, **more: Any) -> dict[str, Any]:
    values = {"imap_host": "localhost", "imap_port": dovecot.imap, "imap_history": "all"}
    return values | {"username": user, "password": PASSWORD} | more


@pytest.mark.usefixtures("db")
def test_a_mailbox_is_read_with_an_oauth2_token(dovecot: Dovecot, user: str, token_server: str) -> None:
    oauth = {"auth": "oauth2", "oauth_token_url": token_server, "oauth_client_id": "uzel"}
    settings = reading(dovecot, user, imap_security="none", password="") | oauth
    channel = make_channel(**settings, oauth_refresh_token="expired")
    dovecot.deliver(user, mail("1"))
    with connecting() as connector:
        eventually(lambda: "не принимает" in Channel.objects.get(id=channel.id).last_failure)
        save_settings(channel.id, {"oauth_refresh_token": "good"})
        connector.wake()
        eventually(lambda: numbers(channel) == ["1"])
    forget_token(read_settings(account(channel.id)))


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.usefixtures("db")
def test_a_mailbox_is_read_over_an_encrypted_line(dovecot: Dovecot, security: str, certificates: Certificates) -> None:
    port = dovecot.imaps if security == "tls" else dovecot.imap
    settings = reading(dovecot, security, imap_security=security, imap_port=port, ca_certificate=certificates[0])
    channel = make_channel(**settings)
    dovecot.deliver(security, mail("1"))
    with connecting():
        eventually(lambda: numbers(channel) == ["1"])


def test_a_working_mailbox_is_said_to_work(dovecot: Dovecot) -> None:
    with scripted_smtp() as server:
        findings = checked(
            imap_host="127.0.0.1",
            imap_port=dovecot.imap,
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_username="-",
        )
    assert [finding.ok for finding in findings] == [True] * 4
    assert findings[1].what_ru == "Папка INBOX читается"


def test_the_connection_test_names_what_is_wrong(dovecot: Dovecot, certificates: Certificates) -> None:
    here = {"imap_host": "127.0.0.1", "imap_port": dovecot.imap}
    assert "Проверьте порт" in hints(checked(imap_host="127.0.0.1", imap_port=free_port()))
    assert "DNS" in hints(checked(imap_host="nobody.invalid"))
    assert "имя или пароль" in hints(checked(**here, password="wrong"))
    assert "нет папки Нет" in hints(checked(**here, imap_folders="INBOX, Нет"))
    assert "обычно порт" in hints(checked(**here, imap_security="tls")).lower()
    untrusted = {"imap_host": "127.0.0.1", "imap_port": dovecot.imaps, "imap_security": "tls"}
    assert "Сертификату" in hints(checked(**untrusted))
    assert "Сервер SMTP не указан" in hints(checked(**untrusted, ca_certificate=certificates[0]))
    assert "не адрес" in hints(checked(address="help"))
    with scripted_smtp({"mail": "550 not yours"}) as server:
        refused = checked(smtp_host="127.0.0.1", smtp_port=server.port, smtp_username="-")
        assert "Разрешите этому пользователю" in hints(refused)
        plain = checked(smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="starttls")
        assert "STARTTLS" in hints(plain)


@pytest.mark.usefixtures("db")
def test_secrets_are_stored_encrypted_shown_masked_and_kept_when_the_mask_comes_back() -> None:
    channel = make_channel(password="s3cret", smtp_host="mx.test")
    channel.refresh_from_db()
    assert "s3cret" not in json.dumps(channel.settings)
    assert account(channel.id).settings["password"] == "s3cret"
    shown = masked("email", channel.settings)
    assert (shown["password"], shown["smtp_host"]) == (MASK, "mx.test")
    save_settings(channel.id, shown | {"smtp_username": "desk"})
    assert account(channel.id).settings["password"] == "s3cret"
    assert account(channel.id).settings["smtp_username"] == "desk"
    save_settings(channel.id, {"password": ""})
    assert account(channel.id).settings["password"] == ""


@pytest.mark.usefixtures("db")
def test_settings_that_can_not_be_are_refused_by_name() -> None:
    channel = make_channel()
    wrong = {"imap_port": "many", "imap_security": "rot13", "address": "", "plus_addressing": "yes", "colour": "red"}
    with pytest.raises(Invalid) as refused:
        save_settings(channel.id, wrong)
    assert set(refused.value.fields) == set(wrong)


@pytest.mark.usefixtures("db")
def test_a_secret_sealed_with_a_lost_key_stops_no_other_channel() -> None:
    broken, whole = make_channel(password="a"), make_channel(password="b")
    Channel.objects.filter(id=broken.id).update(settings={"address": ADDRESS, "password": {"sealed": "gAAAA"}})
    found = {one.id: one.settings.get("password") for one in accounts()}
    assert found == {broken.id: None, whole.id: "b"}


def test_the_portal_delivers_by_being_stored() -> None:
    from uzel.channels import portal

    assert portal.CAPABILITIES.internal
    assert all(finding.ok for finding in portal.check(Account(id=1, kind="portal", name="x", settings={})))
