"""A real Postfix in a temporary folder on a free port. Unknown users of its domain bounce, as they do everywhere."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.mail.ports import answers, eventually, free_port, running
from uzel.kernel.leash import leashed

DOMAIN = "users.test"
DAEMONS = Path("/usr/lib/postfix/sbin")

MAIN = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = {owner}
setgid_group = postdrop
myhostname = mx.users.test
mydestination =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {base}/boxes
virtual_mailbox_maps = inline:{{ ivan@users.test=ivan }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_reject_unlisted_recipient = no
transport_maps = inline:{{ example.test=lmtp:inet:127.0.0.1:{lmtp} }}
relay_domains = example.test
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = {base}/postfix.log
maillog_file_prefixes = {base}
smtpd_peername_lookup = no
minimal_backoff_time = 2s
queue_run_delay = 2s
message_size_limit = 20000000
"""

MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes mail at ``port``; what is for example.test it hands to LMTP at ``lmtp``."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.port, self.lmtp = free_port(), free_port()
        self._stack = ExitStack()

    def start(self) -> None:
        values = {"base": self.base, "daemons": DAEMONS, "owner": "postfix", "domain": DOMAIN}
        (self.base / "main.cf").write_text(MAIN.format(**values, lmtp=self.lmtp))
        (self.base / "master.cf").write_text(MASTER.format(smtp=self.port))
        for name in ("queue", "data", "boxes"):
            (self.base / name).mkdir()
        for name in ("data", "boxes"):
            shutil.chown(self.base / name, "postfix" if name == "data" else "nobody")
        subprocess.run(
            ["/usr/sbin/postfix", "-c", self.base, "check"], capture_output=True, check=True
        )  # makes folders
        command = [str(DAEMONS / "master"), "-c", str(self.base), "-s"]
        environment = {"MAIL_CONFIG": str(self.base), "MAIL_LOGTAG": "postfix", "PATH": os.environ["PATH"]}
        self._stack.enter_context(
            running(leashed(command, on_death=signal.SIGTERM), log=self.base / "out.log", env=environment)
        )
        eventually(lambda: answers(self.port))

    def stop(self) -> None:
        self._stack.close()

    def log(self) -> str:
        file = self.base / "postfix.log"
        return file.read_text(errors="replace") if file.exists() else ""


@contextmanager
def postfix_server() -> Iterator[Postfix]:
    if os.geteuid() != 0:
        pytest.skip("Postfix starts only as root")
    base = Path(tempfile.mkdtemp(prefix="uzel-postfix-"))
    base.chmod(0o755)
    server = Postfix(base)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(base, ignore_errors=True)
