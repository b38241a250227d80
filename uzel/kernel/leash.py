"""Run a program that can't outlive the process that started it, as another user if asked.

A small program of its own, not a ``preexec_fn``: Python code between fork and exec deadlocks now and then in a process
with threads. Linux only in its promise; elsewhere the program runs without the leash and its starter must stop it.
Used as ``python -I -S leash.py PARENT SIGNAL UID GID COMMAND…`` (UID ``-1``: stay who we are). The leash is tied to
the *thread* that started it: start leashed programs from one that lives as long as they should.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str], *, on_death: signal.Signals, uid: int = -1, gid: int = -1) -> list[str]:
    """The command line that runs ``command`` so that it gets ``on_death`` when this process dies."""
    return [sys.executable, "-I", "-S", __file__, *map(str, (os.getpid(), int(on_death), uid, gid)), *command]


def main(arguments: Sequence[str]) -> None:
    parent, on_death, uid, gid = map(int, arguments[:4])
    command = list(arguments[4:])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid: changing the user takes the leash off
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, on_death):
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
        if os.getppid() != parent:  # it died before the leash was on
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - this is the purpose, and no shell is in between


if __name__ == "__main__":
    main(sys.argv[1:])
