"""Starts the processes of one machine, restarts those that fall, and stops them in order."""

import asyncio
import contextlib
import ctypes
import logging
import signal
import sys
import time
from dataclasses import dataclass

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0
"""A process that ran so long is restarted at once; one that falls sooner waits ever longer."""
STOP_SECONDS = 15.0
"""A process has so long to end when it has nothing to wait for."""
PR_SET_PDEATHSIG = 1
SENTRALBORD = (sys.executable, "-m", "core")


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its name and the arguments of `sentralbord` that start it."""

    name: str
    arguments: tuple[str, ...]
    patience: float = 0.0
    """Seconds that it may take to finish what it has begun when it is told to stop, before STOP_SECONDS begin. Told a
    second time, it has only those. Programs with patience are stopped before the others, which serve them till then."""


def _die_with_parent() -> None:
    """In the child: end it when the supervisor is killed, so that no process is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps a set of programs running until it is stopped; cancelled while it stops, it waits for nobody's work."""

    def __init__(
        self, programs: tuple[Program, ...], environment: dict[str, str], command: tuple[str, ...] = SENTRALBORD
    ) -> None:
        """`command`: what starts a program when its arguments come after."""
        self._programs = programs
        self._environment = environment
        self._command = command
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: dict[Program, asyncio.Task[None]] = {}

    def pids(self) -> dict[str, int]:
        """Process ids by program name, of those that run now."""
        return {name: p.pid for name, p in self._processes.items() if p.returncode is None}

    async def __aenter__(self) -> "Supervisor":
        self._tasks = {program: asyncio.create_task(self._keep(program)) for program in self._programs}
        return self

    async def __aexit__(self, *_: object) -> None:
        hurried = False
        for patient in (True, False):
            tasks = [task for program, task in self._tasks.items() if (program.patience > 0) is patient]
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            except asyncio.CancelledError:  # gather has passed it on to the tasks, and has waited for them all the same
                hurried = True
        if hurried:
            raise asyncio.CancelledError

    async def _keep(self, program: Program) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = await self._run(program)
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            log.error("%s ended with %s; starting it again in %.1f s", program.name, _outcome(code), pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run(self, program: Program) -> int:
        # Out of the terminal's group: Ctrl-C reaches the supervisor alone, which stops the others in order.
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *program.arguments,
            env=self._environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self._processes[program.name] = process
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _stop(process, program)
            raise


async def _stop(process: asyncio.subprocess.Process, program: Program) -> None:
    """Tell a process to stop and wait for it; cancelled meanwhile, tell it again, and the third time kill it."""
    for seconds in (program.patience + STOP_SECONDS, STOP_SECONDS):
        try:
            if await _told(process, seconds):
                return
            break
        except asyncio.CancelledError:
            continue
    log.error("%s does not stop and is killed", program.name)
    process.kill()
    await process.wait()


async def _told(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether the process has ended within so many seconds of being told to."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        return False
    return True


def _outcome(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
