"""Recording what the other side says: when it falls silent, and how long the file became."""

import asyncio
import wave
from pathlib import Path

import pjsua2 as pj

from core.telephony.audio import Terminal
from core.telephony.endpoint import Endpoint, TelephonyFailed

SILENT_LEVEL = 20
"""Of 255 on the bridge's logarithmic scale: line noise stays under it, quiet speech does not."""


class Listener:
    """Hears whether the other side of a terminal has been silent for some seconds."""

    period = 0.1
    """Seconds between two questions."""

    def __init__(self, endpoint: Endpoint, terminal: Terminal, seconds: float) -> None:
        self._endpoint = endpoint
        self._terminal = terminal
        self._seconds = seconds
        self._spoke = endpoint.loop.time()

    async def is_silent(self) -> bool:
        """Has nothing been heard for the given seconds? To be asked every `period`."""
        now = self._endpoint.loop.time()
        if await self._endpoint.do(self._level) > SILENT_LEVEL:
            self._spoke = now
        return now - self._spoke >= self._seconds

    def _level(self) -> int:
        try:
            return int(self._terminal.media.getRxLevel()) if self._terminal.media else 0
        except pj.Error:
            return 0


async def recorded_seconds(file: Path) -> float:
    """Length of a recording that was stopped just now: the bridge lets go of it within some ticks.

    Raises TelephonyFailed when the file is not finished after two seconds.
    """
    for _ in range(100):
        seconds = await asyncio.to_thread(_seconds, file)
        if seconds is not None:
            return seconds
        await asyncio.sleep(0.02)
    raise TelephonyFailed(f"the recording {file} was not finished; is the disk full?")


def _seconds(file: Path) -> float | None:
    """Length by the WAV header; None while there is none yet (it is written last)."""
    try:
        with wave.open(str(file)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError):
        return None
