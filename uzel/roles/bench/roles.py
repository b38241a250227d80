"""Roles of the product as child processes on ports of the bench's own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Roles(NamedTuple):
    """Running roles and the ports that they were given."""

    processes: dict[str, subprocess.Popen[bytes]]
    web_port: int
    live_port: int
    smtp_port: int

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes.values()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_roles(*names: str) -> Iterator[Roles]:
    """Start the named roles; end them, and only them, at the end. Logs go to the bench's home."""
    ports = free_port(), free_port(), free_port()
    environment = os.environ | {
        "UZEL_PORT": str(ports[0]),
        "UZEL_LIVE_PORT": str(ports[1]),
        "UZEL_SMTP_PORT": str(ports[2]),
        "UZEL_LOG_LEVEL": "warning",
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in names:
            with open(os.path.join(os.environ["UZEL_HOME"], f"bench-{name}.log"), "wb") as log:
                command = [sys.executable, "-m", "uzel", name]
                processes[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        yield Roles(processes, *ports)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(20)
