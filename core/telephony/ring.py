"""Ringing an outside number while somebody hears that it rings."""

import asyncio
from pathlib import Path

from core.calls.events import Cause
from core.calls.ports import Leg, LegGone, LegState
from core.queues.tasks import cancel


async def ring(leg: Leg, hears: Leg, *, tone: Path, seconds: float) -> bool:
    """Whether there is audio from `leg` within `seconds`; else it is ended. Meanwhile `hears` hears the ringback tone.

    Raises LegGone when `hears` ends first.
    """
    playing = asyncio.create_task(hears.play([tone], loop=True))
    answered = asyncio.create_task(leg.until(LegState.MEDIA_UP))
    gone = asyncio.create_task(hears.until(LegState.ENDED))
    try:
        await asyncio.wait({answered, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            raise LegGone
        if leg.state is not LegState.MEDIA_UP:
            await leg.hang_up(Cause.NO_ANSWER)
        return leg.state is LegState.MEDIA_UP
    finally:
        await cancel(playing, answered, gone)
