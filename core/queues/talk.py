"""Two legs that hear each other, until one of them hangs up."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from core.calls.events import Cause, HoldEnded, HoldStarted, LegRole, PartEnd, PartEnded, PartStarted
from core.calls.ports import JournalWriter, Leg, LegState, Switch
from core.queues.tasks import cancel


async def talk(
    caller: Leg,
    other: Leg,
    part: PartStarted,
    *,
    journal: JournalWriter,
    switch: Switch,
    music: Path,
    broken_off: asyncio.Event | None = None,
) -> None:
    """From the bridge, which is made, to the end of the conversation; then the other party's leg is ended too.

    Who is put on hold hears `music`. `broken_off` ends the conversation from outside.
    """
    journal.write(part)
    how = PartEnd.LOST
    ends: list[asyncio.Task[Any]] = [
        asyncio.create_task(end) for end in (caller.until(LegState.ENDED), other.until(LegState.ENDED))
    ]
    if broken_off is not None:
        ends.append(asyncio.create_task(broken_off.wait()))
    holds = [
        asyncio.create_task(_follow_holds(*pair, part.part_id, journal, switch, music))
        for pair in ((caller, other), (other, caller))
    ]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if caller.state is LegState.ENDED:
            how = PartEnd.CALLER_HUNG_UP
        elif other.state is LegState.ENDED:
            how = PartEnd.OTHER_HUNG_UP
    finally:
        await cancel(*ends, *holds)
        journal.write(PartEnded(part_id=part.part_id, how=how))
        await switch.unbridge(caller, other)
        await other.hang_up(Cause.CALLER_HUNG_UP if how is PartEnd.CALLER_HUNG_UP else Cause.COMPLETED)


async def _follow_holds(
    holder: Leg, held: Leg, part_id: UUID, journal: JournalWriter, switch: Switch, music: Path
) -> None:
    """Whenever the telephone of `holder` holds (RFC 3264 §8.4), the other side hears music instead (SWB-22)."""
    by_caller = holder.role is LegRole.CALLER
    while await holder.until_held(True):
        journal.write(HoldStarted(part_id=part_id, by_caller=by_caller))
        await switch.mute(holder, held)
        playing = asyncio.create_task(held.play([music], loop=True))
        try:
            if not await holder.until_held(False):
                return  # the end of the part ends the hold
        finally:
            await cancel(playing)
        await switch.unmute(holder, held)
        journal.write(HoldEnded(part_id=part_id, by_caller=by_caller))
