"""A real ``uzel web`` process with its workers."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

import requests

RUN_WEB = "from uzel.kernel.config import load_config; from uzel.roles.web import run; run(load_config())"


class WebProcess:
    """Listens on a free port of the loopback; ``settings`` are environment variables; up when ``until`` answers."""

    def __init__(self, *, until: str = "/readyz", **settings: str) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._until = until
        self._settings = {"UZEL_PORT": str(self.port), "UZEL_WEB_WORKERS": "1", "UZEL_LOG_LEVEL": "warning"} | settings

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", RUN_WEB]
        self.process = subprocess.Popen(command, env=os.environ | self._settings, start_new_session=True)
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=20, allow_redirects=False, **more)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Pull the plug: the process and its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "uzel web ended at once"
            try:
                if self.get(self._until).status_code == 200:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("uzel web did not get ready")
