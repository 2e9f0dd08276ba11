"""The watchdog looks at every leg, whatever another one does, and at both directions of its audio."""

import heapq
import time
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest

from core.calls.events import Cause
from core.telephony.endpoint import Endpoint
from core.telephony.watchdog import LOOKS, TICK, Packets, Watchdog


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
        self.broken = broken
        self.received = self.sent = packets
        self.held = False
        self.was_heard = False
        self.ended: Cause | None = None

    def packets(self) -> Packets:
        return Packets(self.received, self.sent)

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


@pytest.mark.parametrize(
    ("comes", "goes", "held", "ended"),
    [
        (1, 1, False, None),
        (0, 1, False, Cause.NO_MEDIA),
        (1, 0, False, Cause.NOTHING_SENT),
        (0, 0, False, Cause.NO_MEDIA),
        (0, 0, True, None),
        (1, 0, True, None),
    ],
)
def test_a_talking_leg_is_ended_by_the_direction_that_stalls_unless_it_is_on_hold(
    monkeypatch: pytest.MonkeyPatch, comes: int, goes: int, held: bool, ended: Cause | None
) -> None:
    timers, clock = Timers(), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watchdog = Watchdog(cast(Endpoint, timers), rtp_timeout=LOOKS * TICK)
    leg = Leg()
    watchdog.await_media(leg)
    timers.run(1)
    leg.held = held
    watchdog.start()
    for _ in range(2 * LOOKS):
        clock[0] += TICK
        leg.received += comes
        leg.sent += goes
        timers.run(1)
    assert leg.was_heard
    assert leg.ended is ended


def test_a_talking_leg_that_is_over_is_not_kept() -> None:
    timers = Timers()
    watchdog = Watchdog(cast(Endpoint, timers), rtp_timeout=30.0)
    leg = Leg()
    watchdog.await_media(leg)
    timers.run(1)
    assert leg.was_heard
    remains = weakref.ref(leg)
    watchdog.forget(leg)
    del leg
    assert remains() is None
