"""Real mail servers on loopback: Dovecot, Postfix, and SMTP servers that break where they are told to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.certificates import make_certificates
from tests.mail.dovecot import PROGRAM, Dovecot, dovecot_server
from tests.mail.ports import free_port
from tests.mail.postfix import Postfix, postfix_server


@pytest.fixture(scope="session")
def certificates() -> tuple[str, tuple[bytes, bytes]]:
    """The authority as PEM text, the server's certificate and key."""
    return make_certificates()


@pytest.fixture(scope="session")
def tokens_port() -> int:
    """Where Dovecot asks whether an OAuth2 token is good; the test that needs it serves there."""
    return free_port()


@pytest.fixture(scope="session")
def dovecot(certificates: tuple[str, tuple[bytes, bytes]], tokens_port: int) -> Iterator[Dovecot]:
    if PROGRAM is None:
        pytest.skip("Dovecot is not installed: apt install dovecot-imapd dovecot-lmtpd")
    with dovecot_server(certificate=certificates[1], tokens_port=tokens_port) as server:
        yield server


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A mailbox of this test alone."""
    return request.node.name.partition("[")[0][-40:].strip("_")


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    if shutil.which("postfix", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("Postfix is not installed: apt install postfix")
    with postfix_server() as server:
        yield server


@pytest.fixture
def certificate_files(certificates: tuple[str, tuple[bytes, bytes]], tmp_path: Path) -> tuple[Path, Path]:
    files = (tmp_path / "cert.pem", tmp_path / "key.pem")
    for file, content in zip(files, certificates[1], strict=True):
        file.write_bytes(content)
    return files
