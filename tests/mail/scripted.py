"""An SMTP server that does at each step what the test wants: answer, refuse, hang, cut the line. Strict about form."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from typing import NamedTuple

CUT = "cut"
HANG = "hang"

_OK = {
    "greeting": "220 scripted.test ESMTP",
    "mail": "250 sender ok",
    "rcpt": "250 recipient ok",
    "data": "354 go on",
    "dot": "250 2.0.0 taken as 4711",
    "rset": "250 ok",
    "quit": "221 bye",
}


class Received(NamedTuple):
    sender: str
    recipient: str
    source: bytes


class ScriptedSmtp:
    """``script``: step → an answer, CUT or HANG. Steps: greeting, ehlo, mail, rcpt, data, content, dot, quit.

    ``handed`` holds every mail whose final dot came, whatever was answered; ``problems`` breaches of RFC 5321.
    """

    def __init__(self, script: dict[str, str] | None = None, *, offers: tuple[str, ...] = ()) -> None:
        self.script = dict(script or {})
        self.offers = offers
        self.handed: list[Received] = []
        self.taken: list[Received] = []
        self.problems: list[str] = []
        self.release = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(ConnectionError, OSError), line.makefile("rb") as words:
            self._converse(line, words)

    def _converse(self, line: socket.socket, words) -> None:  # type: ignore[no-untyped-def]  # BufferedReader
        sender = recipient = ""
        if not self._answer(line, "greeting"):
            return
        while command := words.readline():
            self._check_line(command)
            verb = command[:4].decode("ascii", "replace").upper().strip()
            if verb in ("EHLO", "HELO"):
                going_on = self._answer(line, "ehlo", "\r\n".join(self._greeting()))
            elif verb == "DATA":
                going_on = self._take(line, words, sender, recipient)
            else:
                sender = command.decode().strip() if verb == "MAIL" else sender
                recipient = command.decode().strip() if verb == "RCPT" else recipient
                going_on = self._answer(line, verb.lower(), "500 what?")
            if not going_on or verb == "QUIT":
                return

    def _take(self, line: socket.socket, words, sender: str, recipient: str) -> bool:  # type: ignore[no-untyped-def]
        if not self._answer(line, "data") or not self.script.get("data", "354").startswith("354"):
            return self.script.get("data") != CUT
        if self.script.get("content") == CUT:
            words.read(2000)
            return False
        content = []
        while (text := words.readline()) != b".\r\n":
            if not text:
                return False
            self._check_line(text)
            content.append(text[1:] if text.startswith(b".") else text)
        mail = Received(sender, recipient, b"".join(content))
        self.handed.append(mail)
        if self.script.get("dot", "250").startswith("250"):
            self.taken.append(mail)
        return self._answer(line, "dot")

    def _greeting(self) -> list[str]:
        lines = ["scripted.test", *self.offers]
        return [f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines]

    def _answer(self, line: socket.socket, step: str, usual: str = "") -> bool:
        answer = self.script.get(step) or _OK.get(step, usual)
        if answer == HANG:
            self.release.wait()
            return False
        if answer == CUT:
            return False
        line.sendall(f"{answer}\r\n".encode())
        return True

    def _check_line(self, text: bytes) -> None:
        if not text.endswith(b"\r\n") or re.search(rb"[\r\n]", text[:-2]):
            self.problems.append(f"bare line end: {text[:80]!r}")
        if len(text) > 1000:
            self.problems.append(f"line of {len(text)} bytes")


@contextlib.contextmanager
def scripted_smtp(script: dict[str, str] | None = None, *, offers: tuple[str, ...] = ()) -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp(script, offers=offers)
    try:
        yield server
    finally:
        server.close()
