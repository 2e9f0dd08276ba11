"""A leg as the protocol Leg of core.calls.ports has it: what is played, keyed in and recorded on a dialog."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from core.telephony.audio import Playback, Recording
from core.telephony.endpoint import TelephonyFailed, resolve
from core.telephony.recording import Listener, recorded_seconds
from core.telephony.signalling import SignalledLeg

OVERTIME = 2.0
"""Seconds after which a sound file is taken to have ended although nothing was told."""

Waitable = asyncio.Future[str] | asyncio.Future[None] | None


class PjLeg(SignalledLeg):
    """One SIP dialog with its audio. Used on the event loop."""

    async def play(self, files: Sequence[Path], *, loop: bool = False, interrupt: str = "") -> str:
        """See Leg.play. Raises TelephonyFailed for a file that is no WAV."""
        self._require()
        key = self._digits.claim(interrupt) if interrupt else None
        used = False
        try:
            while files and not (key and key.done()):
                for file in files:
                    await self._play_file(file, loop and len(files) == 1, key)
                    if key and key.done():
                        break
                self._require()
                if not loop:
                    break
            used = key is not None and key.done()
            return key.result() if key and used else ""
        finally:
            if key:
                self._digits.settle(key, used=used)

    async def digit(self) -> str:
        """See Leg.digit."""
        return await self._digits.take()

    async def send_digits(self, digits: str) -> None:
        """Key in digits towards the other side (RFC 4733). Raises LegGone."""
        self._require()
        await self._endpoint.do(self._send_digits, digits)

    async def record(self, file: Path, *, max_seconds: float, silence_seconds: float, stop: str) -> float:
        """See Leg.record. Raises TelephonyFailed when the file cannot be written."""
        self._require()
        recording = Recording(self._endpoint, file)
        listener = Listener(self._endpoint, self.terminal, silence_seconds)
        key = self._digits.claim(stop) if stop else None
        try:
            await self._endpoint.do(recording.start, self.terminal)
            deadline = self._endpoint.loop.time() + max_seconds
            while (left := deadline - self._endpoint.loop.time()) > 0 and not await listener.is_silent():
                if await self._first_of(key, seconds=min(left, listener.period)):
                    break
        finally:
            self._endpoint.later(recording.stop)
            if key:
                self._digits.settle(key, used=True)
        self._require()
        return await recorded_seconds(file)

    async def _play_file(self, file: Path, loop: bool, key: asyncio.Future[str] | None) -> None:
        """Play one file until its end, a key or the end of the leg."""
        over: asyncio.Future[None] = self._endpoint.loop.create_future()
        ended = (lambda: None) if loop else partial(resolve, over, None)
        playback = Playback(self._endpoint, file, loop=loop, ended=ended)
        try:
            length = await self._endpoint.do(playback.start, self.terminal)
            # Should the library not tell of the end (a disk that fails), nobody waits for ever.
            await self._first_of(key, over, seconds=None if loop else length + OVERTIME)
        except TelephonyFailed as error:
            raise TelephonyFailed(f"{file} cannot be played: {error}") from None
        finally:
            self._endpoint.later(playback.stop)

    async def _first_of(self, *futures: Waitable, seconds: float | None = None) -> bool:
        """Wait for one of `futures` or the end of the leg; False after `seconds`."""
        waiting = {future for future in (self._gone, *futures) if future is not None}
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)

    # On the command thread.

    def _send_digits(self, digits: str) -> None:
        if self._dialog is not None:
            self._dialog.dialDtmf(digits)
