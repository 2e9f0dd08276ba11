"""Runs a party's script on a leg: no SIP in here, only what a party does and waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from core.telephony.simnet.script import (
    AnyStep,
    HangUp,
    Hold,
    Outcome,
    Press,
    Say,
    Talk,
    Wait,
    WaitFor,
)
from core.telephony.simnet.tones import AUDIBLE, RATE, Samples, heard, is_music, loudness

POLL = 0.1
"""Seconds between two looks into a recording that is being made."""

LOOK_BACK = 1.2
"""Seconds of a recording that are looked at: more than is written between two looks."""

QUIET = 0.5
"""Seconds without sound that count as silence: longer than a pause between words."""

Speech = Callable[[Say], Awaitable[Path]]
"""Renders what a party says as an 8 kHz WAV file."""


class Line(Protocol):
    """What a script may do with its leg. Once the leg has ended, the script is cancelled."""

    @property
    def ringing_event(self) -> asyncio.Event: ...
    @property
    def answered_event(self) -> asyncio.Event: ...

    async def send_tone(self) -> None: ...
    async def send_silence(self) -> None: ...
    async def send_file(self, file: Path) -> None:
        """Send a WAV file, to its end."""
        ...

    async def press(self, digits: str, method: str) -> None: ...
    async def hold(self, on: bool) -> None: ...
    async def hang_up(self) -> None: ...
    def recorded(self) -> float:
        """Seconds of recording so far."""
        ...

    def samples(self, start: float) -> Samples:
        """What was recorded from that second on."""
        ...


async def perform(steps: tuple[AnyStep, ...], line: Line, speech: Speech) -> tuple[Outcome, str]:
    """Run the steps; returns the outcome, and the problem when it is not "completed"."""
    for step in steps:
        try:
            await _do(step, line, speech)
        except TimeoutError:
            await line.hang_up()
            return "timeout", f"did not come in time: {step}"
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await line.hang_up()
            return "failed", f"{step}: {error}"
    return "completed", ""


async def _do(step: AnyStep, line: Line, speech: Speech) -> None:
    match step:
        case Wait():
            await asyncio.sleep(step.seconds)
        case WaitFor():
            async with asyncio.timeout(step.timeout):
                await _wait_for(step, line)
        case Say():
            await line.send_file(await speech(step))
            await line.send_silence()
        case Talk():
            await line.send_tone()
            await asyncio.sleep(step.seconds or 86400)
            await line.send_silence()
        case Press():
            await line.press(step.digits, step.method)
        case Hold():
            await line.hold(True)
            await asyncio.sleep(step.seconds)
            await line.hold(False)
        case HangUp():
            await line.hang_up()


async def _wait_for(step: WaitFor, line: Line) -> None:
    if step.what in ("ring", "answer"):
        await (line.ringing_event if step.what == "ring" else line.answered_event).wait()
        return
    await line.answered_event.wait()
    start = line.recorded()
    while not _has(step, line.samples(max(start, line.recorded() - LOOK_BACK))):  # noqa: ASYNC110 (a recording has no event)
        await asyncio.sleep(POLL)


def _has(step: WaitFor, samples: Samples) -> bool:
    if step.what == "tone":
        return any(step.hertz in (0, one.frequency) for one in heard(samples))
    if step.what == "sound":
        return bool((loudness(samples) > AUDIBLE).any())
    if step.what == "music":
        return is_music(samples)
    last = samples[-round(QUIET * RATE) :]
    return len(last) >= round(QUIET * RATE) and not (loudness(last) > AUDIBLE).any()
