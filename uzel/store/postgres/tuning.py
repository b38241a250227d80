"""Settings for PostgreSQL sharing one machine with the rest of Uzel. All are given on the command line, so that a new
version of Uzel brings better ones to an old data folder; ``[postgres]`` in uzel.toml overrides any."""

from pathlib import Path

import psutil

Settings = dict[str, str | int | float | bool]
MB = 1024 * 1024


def for_this_machine() -> Settings:
    memory = usable_memory() // MB
    shared = max(64, min(memory * 15 // 100, 4096))
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(shared, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{max(64, min(memory // 16, 512))}MB",
        "max_connections": 100,
        "synchronous_commit": "on",  # an acknowledged delivery is never lost
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": 1.1,
        "jit": "off",
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
        "idle_in_transaction_session_timeout": "10min",
        "log_line_prefix": "%m [%p] %u@%d ",
        "log_lock_waits": "on",
        "log_checkpoints": "off",
    }


def for_tests() -> Settings:
    """Fast, and worth nothing after a crash of the machine: only for a cluster that is thrown away."""
    return for_this_machine() | {
        "shared_buffers": "64MB",
        "max_connections": 200,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
    }


def usable_memory() -> int:
    """Bytes this process may count on: the machine's, or the container's limit where that is less."""
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    total = int(psutil.virtual_memory().total)
    return min(total, int(text)) if text.isdigit() else total
