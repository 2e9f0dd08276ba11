"""Many calls that begin together."""

import asyncio

import pytest

from core.calls.events import Cause
from core.telephony.simnet.script import HangUp, Talk, WaitFor
from tests.e2e.company import CALLER_HERTZ
from tests.e2e.conftest import Founder

ROUNDS, CALLS = 3, 7


@pytest.mark.slow
async def test_every_caller_and_every_member_hears_the_other(company: Founder) -> None:
    acme = await company(members=CALLS)
    for member in acme.members:
        await member.answers(WaitFor(what="tone", hertz=CALLER_HERTZ, timeout=10), Talk())

    for _ in range(ROUNDS):  # a socket that is not read concerns few calls, so there must be some
        # A member's tone begins when she hears the caller's: who hears it is heard too.
        calls = await asyncio.gather(*(acme.call(Talk(seconds=4), HangUp()) for _ in range(CALLS)))
        reports = [await call.leg.finished() for call in calls]
        unheard = [report.number for report in reports if not report.heard]
        assert not unheard, f"{len(unheard)} of {CALLS} callers heard nobody: {unheard}"
    for call in acme.calls:
        await call.over(Cause.CALLER_HUNG_UP)
