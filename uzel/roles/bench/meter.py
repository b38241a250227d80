"""CPU time of process trees, from the kernel's own books."""

import time
from collections.abc import Iterable

import psutil


class Meter:
    """CPU seconds used since it was made, by ``processes`` with all their children, dead ones included."""

    def __init__(self, processes: Iterable[int]) -> None:
        self._processes = [psutil.Process(pid) for pid in processes]
        self._before = self._now()
        self._started = time.monotonic()

    @property
    def wall(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def cpu(self) -> float:
        """CPU seconds since the start. Children that ended are counted once their parent took note of it."""
        return self._now() - self._before

    def _now(self) -> float:
        return sum(_tree(process) for process in self._processes)


def _tree(process: psutil.Process) -> float:
    try:
        own = process.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        return total + sum(_living(child) for child in process.children(recursive=True))
    except psutil.NoSuchProcess:
        return 0.0


def _living(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
