"""The queue element: a placement of a queue, an exit for each way out without an answer (IVR-10, IVR-22)."""

from typing import ClassVar

from msgspec import Struct

from core.api.calls import CallControl, CallerHungUp, QueueExit, QueuePlacement
from core.api.elements import END, Element, Exit
from core.api.texts import N_


class Queue(Element[QueuePlacement]):
    """Waits in a queue until a member answers, the time is over, or the caller presses a key (QEL)."""

    key: ClassVar[str] = "core.queue"
    title: ClassVar[str] = N_("Queue")
    config: ClassVar[type[Struct]] = QueuePlacement

    def exits(self, config: QueuePlacement) -> tuple[Exit, ...]:
        exits = [Exit("timeout", N_("Waited too long"), waits=True)]
        if config.exit_if_queue:
            exits.append(Exit("busy", N_("Nobody available")))
        if not config.allow_empty:
            exits.append(Exit("empty", N_("Nobody logged in")))
        exits += (Exit(key, key, waits=True) for key in sorted(set(config.keys)))
        return tuple(exits)

    async def run(self, call: CallControl, config: QueuePlacement) -> str:
        await call.answer()
        result = await call.enqueue(config)
        match result.exit:
            case QueueExit.TIMEOUT | QueueExit.BUSY | QueueExit.EMPTY:
                return result.exit.value
            case QueueExit.KEY:
                return result.digit
            case QueueExit.ANSWERED:
                await call.hang_up()
            case QueueExit.ABANDONED:
                raise CallerHungUp
            case QueueExit.TRANSFERRED | QueueExit.LOST:
                pass
        return END
