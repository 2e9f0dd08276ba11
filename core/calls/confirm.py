"""Removes spool segments whose events PostgreSQL holds, and sends again what it lacks. There are no acknowledgements:
the table itself is asked."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from core.calls.publisher import Publisher
from core.calls.spool import Key, Spool, lines
from core.data import system, transaction

log = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
AGAIN_SECONDS, AGAIN_LONGEST = 5.0, 300.0
"""An event that is not stored after so long is sent again, with pauses that double."""

MISSING = """
    SELECT k.tenant_id, k.call_id, k.seq
      FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS k (tenant_id, call_id, seq)
     WHERE NOT EXISTS (SELECT FROM journal_event e
                        WHERE e.tenant_id = k.tenant_id AND e.call_id = k.call_id AND e.seq = k.seq)
"""


async def missing(keys: list[Key]) -> set[Key]:
    """Those of the events that the journal table does not hold. Raises what core.data raises when it is away."""
    with system():
        async with transaction(read_only=True) as unit:
            columns = [k.tenant_id for k in keys], [k.call_id for k in keys], [k.seq for k in keys]
            return {Key(*row) for row in await unit.fetch(MISSING, *columns)}


class Confirmer:
    """Keeps one process's spool short; `run()` is its background task."""

    def __init__(self, spool: Spool, publisher: Publisher, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._spool, self._publisher, self._clock = spool, publisher, clock
        self._again: dict[Path, tuple[float, float]] = {}
        """Segment → when its missing events are sent again, and the pause after that."""

    async def run(self) -> None:
        """Check until cancelled."""
        away = False
        while True:
            try:
                await self.check()
                away = False
            except Exception as error:  # PostgreSQL away, disk full: the segments stay, and so do the calls
                if not away:
                    log.warning("spool segments are kept, they cannot be confirmed now: %s", error)
                away = True
            await asyncio.sleep(CHECK_SECONDS)

    async def check(self) -> None:
        """Look at every closed segment once. Raises what core.data raises when PostgreSQL is away."""
        for segment in self._spool.closed_segments():
            found = lines(segment)
            lacking = await missing(list(found)) if found else set()
            if not lacking:
                self._spool.remove(segment, {k.call_id for k in found})
                self._again.pop(segment, None)
            elif self._due(segment):
                for k in sorted(lacking):
                    self._publisher.put_again(found[k])

    def _due(self, segment: Path) -> bool:
        """Whether the segment's missing events go again now; never while earlier ones still wait for Redis."""
        now = self._clock()
        at, pause = self._again.setdefault(segment, (now + AGAIN_SECONDS, AGAIN_SECONDS))
        if now < at or not self._publisher.idle:
            return False
        pause = min(pause * 2, AGAIN_LONGEST)
        self._again[segment] = now + pause, pause
        return True
