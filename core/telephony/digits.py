"""Digits keyed in on a leg, kept until somebody wants them."""

import asyncio
from collections import deque

from core.calls.ports import LegGone

KEPT = 128
"""Digits that are kept for later; a caller who sends more loses the oldest."""


class DigitQueue:
    """Digits in the order they came; whoever asked first is served first. Used on the event loop."""

    def __init__(self) -> None:
        self._digits: deque[str] = deque(maxlen=KEPT)
        self._claims: list[tuple[str, asyncio.Future[str]]] = []
        self._closed = ""

    def push(self, digit: str) -> None:
        """A digit was keyed in."""
        for claim in self._claims:
            wanted, future = claim
            if not future.done() and (not wanted or digit in wanted):
                self._claims.remove(claim)
                future.set_result(digit)
                return
        self._digits.append(digit)

    def claim(self, wanted: str = "") -> asyncio.Future[str]:
        """A future of the next digit (of `wanted`, if given: others stay for later); give it back to settle()."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.set_exception(LegGone(self._closed))
            return future
        for digit in self._digits:
            if not wanted or digit in wanted:
                self._digits.remove(digit)
                future.set_result(digit)
                return future
        self._claims.append((wanted, future))
        return future

    def settle(self, future: asyncio.Future[str], *, used: bool) -> None:
        """End a claim; a digit that came for it but was not used goes back to the front."""
        self._claims = [claim for claim in self._claims if claim[1] is not future]
        if not future.done():
            future.cancel()
        elif not future.cancelled() and future.exception() is None and not used:
            self._digits.appendleft(future.result())

    async def take(self, wanted: str = "") -> str:
        """The next digit (of `wanted`, if given). Raises LegGone after close()."""
        future = self.claim(wanted)
        used = False
        try:
            # Shielded: a cancelled caller must not take a digit with it that has just come.
            digit = await asyncio.shield(future)
            used = True
            return digit
        finally:
            self.settle(future, used=used)

    def close(self, reason: str) -> None:
        """No more digits will come: who waits, or asks later, gets LegGone."""
        self._closed = reason or "the leg ended"
        for _, future in self._claims:
            if not future.done():
                future.set_exception(LegGone(self._closed))
        self._claims.clear()
