"""Proportional set size of every role when nothing happens."""

import time
from typing import Any

import psutil

from uzel.roles.bench.place import Place
from uzel.roles.bench.roles import running_roles

SETTLE = 12.0  # seconds


def bench_memory(place: Place) -> dict[str, Any]:
    """Megabytes (PSS) per role with its children, PostgreSQL left out."""
    with running_roles("web", "live", "work", "connect") as roles:
        time.sleep(SETTLE)
        dead = [name for name, process in roles.processes.items() if process.poll() is not None]
        if dead:
            raise SystemExit(f"these roles did not stay up: {', '.join(dead)}; see bench-*.log in the bench's home")
        sizes = {name: round(_pss(process.pid) / 1e6, 1) for name, process in roles.processes.items()}
    total = round(sum(sizes.values()), 1)
    return {"roles_mb": sizes, "total_mb": total, "promised_mb": 500, "met": total <= 500}


def _pss(pid: int) -> float:
    process = psutil.Process(pid)
    return float(sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)]))
