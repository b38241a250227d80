"""The hot requests at sixteen connections: list, ticket page, webhook; ours beside the limit, in the same run."""

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from uzel.roles.bench.load import HOOK_TOKEN
from uzel.roles.bench.meter import Meter
from uzel.roles.bench.place import Place

CONNECTIONS = 16
PEOPLE = 200
SECONDS = 8
ROUNDS = 3

_SCRIPT = """
local paths = {%(paths)s}
local secrets = {%(secrets)s}
local n = 0
wrk.method = "%(method)s"
%(body)s
request = function()
  n = n + 1
  if wrk.method == "GET" then wrk.headers["Cookie"] = "uzel_session=" .. secrets[n %% #secrets + 1] end
  wrk.headers["Idempotency-Key"] = "%(burst)s-" .. n
  return wrk.format(nil, paths[n %% #paths + 1])
end
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%.3f %%.3f\\n", summary.requests,
    summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000))
end
"""


class Case(NamedTuple):
    """One kind of request; ``limit`` is the promised ratio to the bare server's CPU."""

    name: str
    method: str
    paths: list[str]
    body: str
    limit: float


def bench_http(place: Place, *, channel_id: int, only: str = "") -> dict[str, Any]:
    """CPU per request (server and PostgreSQL), p95 and the ratio to the bare server, best of three rounds each."""
    sign_ins = _sessions(place.url)
    results: dict[str, dict[str, list[dict[str, float]]]] = {}
    cases = [case for case in _cases(place.url, channel_id) if only in ("", case.name)]
    with _server(place, "web") as ours, _server(place, "baseline") as bare:
        for _ in range(ROUNDS):
            for case in cases:
                for name, server in (("ours", ours), ("bare", bare)):
                    figures = _fire(place, server, case, sign_ins)
                    results.setdefault(case.name, {}).setdefault(name, []).append(figures)
    with psycopg.connect(place.url) as line:  # what the webhook case stored is no mail and must not be taken in
        line.execute("DELETE FROM delivery WHERE channel_id = %s AND state = 'new'", [channel_id])
    limits = {case.name: case.limit for case in cases}
    return {name: _summary(runs, limits[name]) for name, runs in results.items()}


def _summary(runs: dict[str, list[dict[str, float]]], limit: float) -> dict[str, Any]:
    ours, bare = (min(runs[name], key=lambda run: run["cpu_ms"]) for name in ("ours", "bare"))
    ratio = round(ours["cpu_ms"] / bare["cpu_ms"], 2)
    return {"ours": ours, "bare": bare, "cpu_ratio": ratio, "promised": limit, "met": ratio <= limit}


def _cases(url: str, channel_id: int) -> list[Case]:
    with psycopg.connect(url) as line:
        ids = [row[0] for row in line.execute("SELECT id FROM ticket WHERE is_open ORDER BY id LIMIT 200")]
    hook = f"/api/v1/hooks/{channel_id}/{HOOK_TOKEN}"
    body = 'wrk.body = string.rep("x", 1024)\nwrk.headers["Content-Type"] = "application/octet-stream"'
    return [
        Case("list", "GET", ["/api/v1/tickets?view=open"], "", 1.5),
        Case("ticket", "GET", [f"/api/v1/tickets/U-{number}" for number in ids], "", 1.8),
        Case("webhook", "POST", [hook], body, 2.0),
    ]


def _sessions(url: str) -> list[str]:
    """Sign many administrators in, so that nobody calls faster than the product lets one person call."""
    from uzel.store.access import secret_hash

    found = [secrets.token_urlsafe(32) for _ in range(PEOPLE)]
    with psycopg.connect(url) as line, line.cursor() as cursor:
        line.execute("UPDATE agent SET role = 'administrator' WHERE id <= %s", [PEOPLE])
        cursor.executemany(
            "INSERT INTO session (token_hash, person_id, expires_at) VALUES (%s, %s, now() + interval '1 day')",
            [(secret_hash(secret), person) for person, secret in enumerate(found, 1)],
        )
    return found


class Server(NamedTuple):
    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def _server(place: Place, name: str) -> Iterator[Server]:
    """The web role, or the bare server, as processes of their own; two workers each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"UZEL_PORT": str(port), "UZEL_WEB_WORKERS": "2", "UZEL_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "uzel", "web"]
    if name == "baseline":
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "2", "--port", str(port)]
        command += ["--no-access-log", "uzel.roles.bench.baseline:app"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await(port)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(15)


def _await(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/me", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _fire(place: Place, server: Server, case: Case, sign_ins: list[str]) -> dict[str, float]:
    paths = ", ".join(f'"{path}"' for path in case.paths)
    known = ", ".join(f'"{secret}"' for secret in sign_ins)
    # Each burst needs ids of its own, or the webhook would only meet what it stored before.
    values = {"paths": paths, "method": case.method, "secrets": known, "body": case.body}
    script = _SCRIPT % (values | {"burst": secrets.token_hex(4)})
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{SECONDS}s",
            "-s",
            file.name,
            f"http://127.0.0.1:{server.port}",
        ]
        meters = Meter([server.process.pid]), Meter([place.cluster.pid or 0])
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS + 30).stdout
        app, postgres = meters[0].cpu, meters[1].cpu
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+)", output)
    if found is None or int(found[2]) > 0 or int(found[1]) == 0:
        raise SystemExit(f"{case.name}: requests failed:\n{output}")
    count = int(found[1])
    return {
        "per_second": round(count / SECONDS, 1),
        "cpu_ms": round((app + postgres) * 1000 / count, 3),
        "app_cpu_ms": round(app * 1000 / count, 3),
        "postgres_cpu_ms": round(postgres * 1000 / count, 3),
        "p50_ms": float(found[3]),
        "p95_ms": float(found[4]),
    }


def wrk_is_here() -> bool:
    return any(Path(folder, "wrk").is_file() for folder in os.environ.get("PATH", "").split(os.pathsep))
