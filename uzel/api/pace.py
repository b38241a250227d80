"""How fast one caller may go: a token bucket each, in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from uzel.kernel.errors import TooMany

_MOST_CALLERS = 50_000


class Pace:
    """``per_minute`` calls for long, ``burst`` at once. Each process counts by itself: n processes allow n times it."""

    def __init__(self, *, per_minute: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # tokens left, at what time

    def check(self, caller: Hashable) -> None:
        """Takes one call from the caller's bucket. Raises TooMany when it is empty."""
        wait = self._take(caller)
        if wait > 0:
            seconds = max(1, round(wait))
            raise TooMany(
                f"Too many requests. Wait {seconds} s and repeat.",
                f"Слишком много запросов. Подождите {seconds} с и повторите.",
                retry_after=seconds,
            )

    def forget(self) -> None:
        """Everybody starts with a full bucket again."""
        with self._lock:
            self._buckets.clear()

    def _take(self, caller: Hashable) -> float:
        """Seconds until the next call is allowed; 0 when this one is."""
        with self._lock:
            now = self._clock()
            left, at = self._buckets.pop(caller, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._rate)
            allowed = left >= 1
            self._buckets[caller] = (left - 1 if allowed else left, now)
            if len(self._buckets) > _MOST_CALLERS:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate
