"""A caller and a member who hear each other, until one of them hangs up."""

import asyncio
from typing import Any

from core.calls.events import Cause, PartEnd, PartEnded, PartStarted
from core.calls.ports import JournalWriter, Leg, LegState, Switch
from core.queues.tasks import cancel


async def talk(
    caller: Leg, member: Leg, part: PartStarted, *, journal: JournalWriter, switch: Switch, broken_off: asyncio.Event
) -> None:
    """From the bridge, which is made, to the end of the conversation; then the member's leg is ended too.

    `broken_off` ends it from outside.
    """
    journal.write(part)
    how = PartEnd.LOST
    ends: list[asyncio.Task[Any]] = [
        asyncio.create_task(end)
        for end in (caller.until(LegState.ENDED), member.until(LegState.ENDED), broken_off.wait())
    ]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if caller.state is LegState.ENDED:
            how = PartEnd.CALLER_HUNG_UP
        elif member.state is LegState.ENDED:
            how = PartEnd.OTHER_HUNG_UP
    finally:
        await cancel(*ends)
        journal.write(PartEnded(part_id=part.part_id, how=how))
        await switch.unbridge(caller, member)
        await member.hang_up(Cause.CALLER_HUNG_UP if how is PartEnd.CALLER_HUNG_UP else Cause.COMPLETED)
