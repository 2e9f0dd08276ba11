"""A process that falls behind refuses new callers in time, and serves those it has."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

from core.calls.events import Cause
from core.calls.ports import LegState
from core.telephony.engine import FEW_CALLERS
from core.telephony.legs import PjLeg
from core.telephony.overload import LATE_SECONDS, Lateness
from tests.core.telephony.conftest import Exchange, Remote, Sipp
from tests.waiting import until

Start = Callable[..., Awaitable[Sipp]]


async def callers(exchange: Exchange, remote: Remote, number: int) -> list[PjLeg]:
    """So many callers are in."""
    legs = []
    for _ in range(number):
        await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
        leg, _ = await exchange.incoming()
        await leg.answer()
        legs.append(leg)
    return legs


async def test_callers_are_refused_while_work_is_late_and_those_who_are_in_stay(
    exchange: Exchange, remote: Remote, sipp: Start
) -> None:
    legs = await callers(exchange, remote, FEW_CALLERS)
    goes_on = threading.Event()
    exchange.engine.endpoint.later(goes_on.wait, 60)  # the thread that commands the library stands still
    await until(exchange.engine.is_late)

    caller = await sipp("uac_told_to_wait", to=exchange.port)
    assert (await asyncio.wait_for(exchange.refused.get(), 30))[1] is Cause.OVERLOADED
    goes_on.set()
    await caller.ends_well()

    assert exchange.engine.callers == FEW_CALLERS
    await until(lambda: not exchange.engine.is_late())
    legs += await callers(exchange, remote, 1)
    assert all(LegState.ANSWERED <= leg.state < LegState.ENDED for leg in legs)


async def test_a_process_that_stood_still_knows_it_before_it_takes_what_has_come_meanwhile() -> None:
    async def at_once() -> None:
        pass

    lateness = Lateness(at_once)
    probing = asyncio.create_task(lateness.run())
    await asyncio.sleep(0)
    assert not lateness.is_late()
    time.sleep(LATE_SECONDS + 0.5)  # noqa: ASYNC251 (it is to stand still)
    assert lateness.is_late()
    await until(lambda: not lateness.is_late())
    probing.cancel()


async def test_few_callers_are_not_what_makes_a_process_late(exchange: Exchange, remote: Remote) -> None:
    await callers(exchange, remote, FEW_CALLERS - 1)
    goes_on = threading.Event()
    exchange.engine.endpoint.later(goes_on.wait, 60)
    await until(exchange.engine.is_late)
    await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    await exchange.incoming()
    goes_on.set()
    assert exchange.engine.refused == 0
