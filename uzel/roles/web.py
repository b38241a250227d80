"""``uzel web``: the API and the pages over HTTP. Threads, not an event loop: every call is a short transaction.

``web_threads`` of a worker work at a time; the rest only wait for slow lines.
"""

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from uzel.kernel.config import Config

STOP_PATIENCE = 5  # seconds for calls under way to end
LINES = 96  # slow callers that one worker can serve at once; see api.turns
HEAD_DEADLINE = 15_000  # milliseconds for a request's head to arrive


def run(config: Config) -> None:
    """Runs until SIGTERM or SIGINT: stops listening, lets running calls end, then goes."""
    server = Granian(
        "uzel.roles.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=config.web_workers,
        blocking_threads=LINES,
        backpressure=LINES,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_DEADLINE),
        websockets=False,
        log_access=False,  # api.frame writes it, without paths that may hold secrets
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_PATIENCE,
    )
    server.serve()
