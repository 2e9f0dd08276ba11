"""Legs that nobody answers, confirms or feeds with audio: one sweep for all of them, on the command thread."""

import logging
import time
from collections import deque
from typing import Protocol

from core.calls.events import Cause
from core.telephony.endpoint import Endpoint

logger = logging.getLogger(__name__)

TICK = 0.25
"""Seconds between two looks at the deadlines and at a slice of the legs that talk."""
MEDIA_TICK = 0.02
"""Seconds between two looks at the legs whose first audio is awaited."""
LOOKS = 4
"""Every talking leg is looked at so many times within the time-out."""


class Watched(Protocol):
    """What the watchdog asks of a leg. `overdue` and `heard` hand over to the event loop themselves."""

    held: bool

    def packets(self) -> int | None:
        """RTP packets received so far; None: the dialog is over."""
        ...

    def heard(self) -> None: ...
    def overdue(self, cause: Cause) -> None: ...


class _Talking:
    __slots__ = ("leg", "packets", "since")

    def __init__(self, leg: Watched, now: float) -> None:
        self.leg, self.packets, self.since = leg, 0, now


class Watchdog:
    """Watches all legs of an endpoint. Its methods run on the command thread."""

    def __init__(self, endpoint: Endpoint, *, rtp_timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = rtp_timeout
        self._deadlines: dict[Watched, tuple[float, Cause]] = {}
        self._silent: dict[Watched, float] = {}
        self._talking: deque[_Talking] = deque()
        self._debt = 0.0

    def start(self) -> None:
        """Begin to tick."""
        self._endpoint.after(TICK, self._sweep)

    def expect(self, leg: Watched, seconds: float, cause: Cause) -> None:
        """End `leg` with `cause` in `seconds`, unless something else is expected of it before."""
        self._deadlines[leg] = (time.monotonic() + seconds, cause)

    def relax(self, leg: Watched) -> None:
        """Nothing is expected of `leg` now; it may ring as long as it likes."""
        self._deadlines.pop(leg, None)

    def await_media(self, leg: Watched) -> None:
        """The leg was answered: tell of its first audio, and see that it goes on."""
        self.relax(leg)
        if not self._silent:
            self._endpoint.after(0, self._look_for_media)
        self._silent[leg] = time.monotonic()

    def forget(self, leg: Watched) -> None:
        """The leg is over. A talking one is dropped when its turn comes."""
        self.relax(leg)
        self._silent.pop(leg, None)

    def _look_for_media(self) -> None:
        try:
            self._look(time.monotonic())
        finally:  # whatever one leg raises, the others are looked at again
            if self._silent:
                self._endpoint.after(MEDIA_TICK, self._look_for_media)

    def _look(self, now: float) -> None:
        for leg, since in list(self._silent.items()):
            packets = leg.packets()
            if packets is None:
                del self._silent[leg]
            elif packets:
                del self._silent[leg]
                self._talking.append(_Talking(leg, now))
                leg.heard()
            elif now - since > self._timeout and not leg.held:
                del self._silent[leg]
                leg.overdue(Cause.NO_MEDIA)

    def _sweep(self) -> None:
        self._endpoint.after(TICK, self._sweep)
        now = time.monotonic()
        for leg in [leg for leg, (due, _) in self._deadlines.items() if due <= now]:
            leg.overdue(self._deadlines.pop(leg)[1])
        # A slice of the legs: all of them LOOKS times within the time-out.
        self._debt += len(self._talking) * LOOKS * TICK / self._timeout
        while self._debt >= 1 and self._talking:
            self._debt -= 1
            entry = self._talking.popleft()
            if self._goes_on(entry, now):
                self._talking.append(entry)
        if not self._talking:
            self._debt = 0.0

    def _goes_on(self, entry: _Talking, now: float) -> bool:
        packets = entry.leg.packets()
        if packets is None:
            return False
        if packets != entry.packets or entry.leg.held:
            entry.packets, entry.since = packets, now
        elif now - entry.since > self._timeout:
            entry.leg.overdue(Cause.NO_MEDIA)
            return False
        return True
