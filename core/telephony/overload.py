"""How late a process comes to its work: one that falls behind takes no more callers, so that it serves those it has."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PROBE_SECONDS = 0.1
LATE_SECONDS = 1.0
"""Sooner than anything gives up: Redis is waited for 1.5 s when two are to hear each other, and 5 s otherwise."""
CALM_SECONDS = 2.0
"""Callers are taken again when nothing has been late for so long: what was begun late is done by then."""


class Lateness:
    """Sends a probe, every tenth of a second, the way that all work goes; `run()` is its background task.

    `probe` returns when it has gone that way. A probe that is still on its way counts from when it was due, so a
    process that stood still knows it before it takes what has come meanwhile.
    """

    def __init__(self, probe: Callable[[], Awaitable[object]], clock: Callable[[], float] = time.monotonic) -> None:
        self._probe = probe
        self._clock = clock
        self._due = clock()
        self._late_until = float("-inf")

    async def run(self) -> None:
        """Probe until cancelled; raises what the probe raises."""
        while True:
            self._due = self._clock() + PROBE_SECONDS
            await asyncio.sleep(PROBE_SECONDS)
            await self._probe()
            self.is_late()

    def is_late(self) -> bool:
        """Whether work is, or shortly has been, so late that more of it would break what goes on."""
        now = self._clock()
        if now - self._due > LATE_SECONDS:
            self._late_until = now + CALM_SECONDS
        return now < self._late_until
