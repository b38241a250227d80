"""The roles as child processes of ``uzel up``: started, their words passed on, started again when they die, stopped."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence

from uzel.kernel.leash import leashed

FIRST_PAUSE = 0.5  # seconds before a role that died is started again; doubled each time
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds of life after which earlier deaths are forgotten
LONGEST_LINE = 256 * 1024

Say = Callable[[str, str], None]


class Child:
    """One role from ``start`` to ``stop``, however often its process dies in between."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], say: Say) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.say = say
        self.process: asyncio.subprocess.Process | None = None
        self._deaths = 0
        self._stopping = False
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self, patience: float) -> None:
        """Ask it to end; after ``patience`` seconds it and all that it started are killed."""
        self._stopping = True
        if self.process is None or self.process.returncode is not None or self._keeping is None:
            if self._keeping:
                self._keeping.cancel()  # between two lives
            return
        self.process.terminate()
        _, late = await asyncio.wait([self._keeping], timeout=patience)
        if late:
            self.say(self.name, f"did not stop within {patience:g} s and is killed")
            self._kill_all()
            await self._keeping

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._stopping:
            started = clock()
            code = await self._live()
            if self._stopping:
                return
            self._deaths = 1 if clock() - started > STEADY else self._deaths + 1
            pause = min(FIRST_PAUSE * 2 ** (self._deaths - 1), LONGEST_PAUSE)
            self.say(self.name, f"ended ({describe(code)}); starting again in {pause:g} s")
            await asyncio.sleep(pause)

    async def _live(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            *leashed(self.command, on_death=signal.SIGTERM),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C reaches ``up`` alone, which then stops them in order
        )
        assert self.process.stdout is not None
        reading = asyncio.get_running_loop().create_task(self._pass_on(self.process.stdout))
        code = await self.process.wait()
        self._kill_all()  # workers must not outlive it: they hold its port
        await reading
        return code

    def _kill_all(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its session is its own

    async def _pass_on(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readuntil(b"\n")
            except asyncio.IncompleteReadError as last:
                if last.partial:
                    self.say(self.name, last.partial.decode(errors="replace"))
                return
            except asyncio.LimitOverrunError:
                line = await output.read(LONGEST_LINE)
            self.say(self.name, line.decode(errors="replace").rstrip("\n"))


def describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
