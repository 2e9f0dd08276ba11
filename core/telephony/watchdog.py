"""Legs that nobody answers or confirms, or whose audio stops in one direction: one sweep for all of them.

It runs on the command thread.
"""

import logging
import time
from collections import OrderedDict
from typing import NamedTuple, Protocol

from core.calls.events import Cause
from core.telephony.endpoint import Endpoint

logger = logging.getLogger(__name__)

TICK = 0.25
"""Seconds between two looks at the deadlines and at a slice of the legs that talk."""
MEDIA_TICK = 0.02
"""Seconds between two looks at the legs whose first audio is awaited."""
LOOKS = 4
"""Every talking leg is looked at so many times within the time-out."""


class Packets(NamedTuple):
    """RTP packets of a stream so far."""

    received: int
    sent: int


class Watched(Protocol):
    """What the watchdog asks of a leg. `overdue` and `heard` hand over to the event loop themselves."""

    held: bool

    def packets(self) -> Packets | None:
        """What has come and gone in its stream; None: the dialog is over."""
        ...

    def heard(self) -> None: ...
    def overdue(self, cause: Cause) -> None: ...


class _Talking:
    """A leg with audio, the packets of the last look, and when they last changed in each direction."""

    __slots__ = ("heard_at", "leg", "packets", "sent_at")

    def __init__(self, leg: Watched, packets: Packets, now: float) -> None:
        self.leg, self.packets = leg, packets
        self.heard_at = self.sent_at = now


class Watchdog:
    """Watches all legs of an endpoint. Its methods run on the command thread."""

    def __init__(self, endpoint: Endpoint, *, rtp_timeout: float) -> None:
        self._endpoint = endpoint
        self._timeout = rtp_timeout
        self._deadlines: dict[Watched, tuple[float, Cause]] = {}
        self._silent: dict[Watched, float] = {}
        self._talking: OrderedDict[Watched, _Talking] = OrderedDict()
        """Whose turn is next comes first."""
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
        """The leg is over."""
        self.relax(leg)
        self._silent.pop(leg, None)
        self._talking.pop(leg, None)

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
            elif packets.received:
                del self._silent[leg]
                self._talking[leg] = _Talking(leg, packets, now)
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
            leg, entry = self._talking.popitem(last=False)
            if self._goes_on(entry, now):
                self._talking[leg] = entry
        if not self._talking:
            self._debt = 0.0

    def _goes_on(self, entry: _Talking, now: float) -> bool:
        packets = entry.leg.packets()
        if packets is None:
            return False
        # On hold nothing need come, and we send nothing (RFC 3264 §8.4).
        if packets.received != entry.packets.received or entry.leg.held:
            entry.heard_at = now
        if packets.sent != entry.packets.sent or entry.leg.held:
            entry.sent_at = now
        entry.packets = packets
        if now - min(entry.heard_at, entry.sent_at) <= self._timeout:
            return True
        entry.leg.overdue(Cause.NO_MEDIA if entry.heard_at <= entry.sent_at else Cause.NOTHING_SENT)
        return False
