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
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its name and the arguments of `sentralbord` that start it."""

    name: str
    arguments: tuple[str, ...]


def _die_with_parent() -> None:
    """In the child: end it when the supervisor is killed, so that no process is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps a set of programs running until it is stopped."""

    def __init__(self, programs: tuple[Program, ...], environment: dict[str, str]) -> None:
        self._programs = programs
        self._environment = environment
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def pids(self) -> dict[str, int]:
        """Process ids by program name, of those that run now."""
        return {name: p.pid for name, p in self._processes.items() if p.returncode is None}

    async def __aenter__(self) -> "Supervisor":
        self._tasks = [asyncio.create_task(self._keep(program)) for program in self._programs]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
            sys.executable,
            "-m",
            "core",
            *program.arguments,
            env=self._environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self._processes[program.name] = process
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _stop(process, program.name)
            raise


async def _stop(process: asyncio.subprocess.Process, name: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        log.error("%s did not stop within %g s and is killed", name, STOP_SECONDS)
        process.kill()
        await process.wait()


def _outcome(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
