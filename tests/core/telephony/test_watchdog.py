"""The watchdog looks at every leg, whatever another one does."""

import heapq
import time
from collections.abc import Callable
from typing import Any, cast

from core.calls.events import Cause
from core.telephony.endpoint import Endpoint
from core.telephony.watchdog import Watchdog


class Timers:
    """Endpoint.after() without an endpoint; the errors that its command thread would log are counted."""

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self.errors = 0

    def after(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> None:
        heapq.heappush(self.heap, (time.monotonic() + seconds, len(self.heap), function, arguments))

    def run(self, times: int) -> None:
        """The next timers, without waiting for their time."""
        for _ in range(times):
            if self.heap:
                *_, function, arguments = heapq.heappop(self.heap)
                try:
                    function(*arguments)
                except RuntimeError:
                    self.errors += 1


class Leg:
    """A leg that is heard; a broken one raises then."""

    def __init__(self, *, broken: bool = False, packets: int = 1) -> None:
        self.broken, self.count = broken, packets
        self.held = False
        self.was_heard = False
        self.ended: Cause | None = None

    def packets(self) -> int:
        return self.count

    def heard(self) -> None:
        if self.broken:
            raise RuntimeError("the stream has gone")
        self.was_heard = True

    def overdue(self, cause: Cause) -> None:
        self.ended = cause


def test_a_leg_that_fails_at_its_first_audio_does_not_deafen_us_for_the_others() -> None:
    timers = Timers()
    watchdog = Watchdog(cast(Endpoint, timers), rtp_timeout=30.0)
    silent, broken, later = Leg(packets=0), Leg(broken=True), Leg()
    watchdog.await_media(silent)
    watchdog.await_media(broken)
    timers.run(1)
    watchdog.await_media(later)
    timers.run(2)
    assert timers.errors == 1
    assert later.was_heard
    assert not silent.was_heard
