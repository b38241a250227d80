"""A real Dovecot (IMAP and LMTP) in a temporary folder on free ports, run by whoever runs the tests."""

import datetime as dt
import imaplib
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.mail.ports import answers, eventually, free_port, running

PASSWORD = "s3cret-пароль"
PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin")

CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mailbox_idle_check_interval = 1 secs
auth_mechanisms = plain login xoauth2
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{base}/mail/%n
mail_uid = {owner}
mail_gid = {owner_group}
first_valid_uid = 0
first_valid_gid = 0
mail_fsync = never
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
mmap_disable = yes
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {base}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={base}/home/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  user = {auth}
}}
service auth-worker {{
  user = {auth}
}}
"""

OAUTH = """
tokeninfo_url = http://127.0.0.1:{tokens}/tokeninfo?access_token=
username_attribute = email
username_format = %Lu
"""


class Dovecot:
    """``folder(user)`` is the user's Maildir; ``user`` signs in with PASSWORD."""

    def __init__(self, base: Path, *, tokens_port: int) -> None:
        self.base = base
        self.imap, self.imaps, self.lmtp, self.tokens = free_port(), free_port(), free_port(), tokens_port
        self._stack = ExitStack()

    def start(self) -> None:
        for name in ("run", "state", "mail", "home"):
            (self.base / name).mkdir(exist_ok=True)
        (self.base / "oauth2.conf").write_text(OAUTH.format(tokens=self.tokens))
        (self.base / "dovecot.conf").write_text(CONFIG.format(**self._values()))
        if os.geteuid() == 0:
            for name in ("mail", "home"):
                shutil.chown(self.base / name, "nobody")
        self._stack.enter_context(
            running([str(PROGRAM), "-F", "-c", str(self.base / "dovecot.conf")], log=self.base / "out.log")
        )
        eventually(lambda: answers(self.imap) and answers(self.lmtp))

    def stop(self) -> None:
        self._stack.close()

    def deliver(self, user: str, raw: bytes) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail("sender@example.test", [f"{user}@example.test"], raw)

    def deliver_all(self, user: str, mails: list[bytes]) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            for raw in mails:
                lmtp.sendmail("sender@example.test", [f"{user}@example.test"], raw)

    def append(self, user: str, raw: bytes, *, when: dt.datetime, flags: str = "", folder: str = "INBOX") -> None:
        """Put a mail there as if it had come at ``when``."""
        with self.sign_in(user) as imap:
            code, said = imap.append(folder, flags, imaplib.Time2Internaldate(when), raw)
            assert code == "OK", said

    def create(self, user: str, folder: str) -> None:
        with self.sign_in(user) as imap:
            assert imap.create(folder)[0] == "OK"

    def sign_in(self, user: str) -> imaplib.IMAP4:
        imap = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        imap.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return imap

    def is_signed_in(self, user: str) -> bool:
        who = subprocess.run(
            ["doveadm", "-c", self.base / "dovecot.conf", "who", user], capture_output=True, text=True, check=False
        )
        return user in who.stdout

    def folder(self, user: str) -> Path:
        return self.base / "mail" / user

    def renumber(self, user: str) -> None:
        """A new UIDVALIDITY and new UIDs, as after a restored backup."""
        for name in self.folder(user).glob("dovecot*"):
            name.unlink()

    def _values(self) -> dict[str, object]:
        me = pwd.getpwuid(os.geteuid()).pw_name
        root = os.geteuid() == 0
        group = "dovecot" if root else str(os.getegid())
        return {
            "base": self.base,
            "imap": self.imap,
            "imaps": self.imaps,
            "lmtp": self.lmtp,
            "password": PASSWORD,
            "internal": "dovecot" if root else me,
            "group": group,
            "login": "dovenull" if root else me,
            "auth": "root" if root else me,
            "owner": "nobody" if root else me,
            "owner_group": "nogroup" if root else str(os.getegid()),
        }


@contextmanager
def dovecot_server(*, certificate: tuple[bytes, bytes], tokens_port: int) -> Iterator[Dovecot]:
    base = Path(tempfile.mkdtemp(prefix="uzel-dovecot-"))
    base.chmod(0o755)
    (base / "cert.pem").write_bytes(certificate[0])
    (base / "key.pem").write_bytes(certificate[1])
    server = Dovecot(base, tokens_port=tokens_port)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(base, ignore_errors=True)
