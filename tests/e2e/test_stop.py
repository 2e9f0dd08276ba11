"""`sentralbord up` is told to stop in mid-call."""

import httpx
import pytest

from core.calls.events import PartStarted
from core.telephony.simnet.client import SimulatedNetwork
from tests.e2e import flows
from tests.e2e.company import CALLER_HERTZ, found_company, goes_on
from tests.e2e.sip import UNKNOWN, Socket
from tests.e2e.site import NETWORK_PORTS, started
from tests.ports import block


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="function")  # the other tests' loop has their installation's database open
async def test_calls_go_on_with_everything_around_them_until_told_a_second_time() -> None:
    async with (
        SimulatedNetwork(rtp_port=block() + NETWORK_PORTS, max_legs=8) as network,
        started(network, processes=1, settings={"media__drain_seconds": 600}) as site,
    ):
        acme = await found_company(site)
        kari = acme.members[0]
        await acme.publish(flows.queue(acme.queue_id))
        await kari.answers()
        call = await acme.call()
        await call.until(PartStarted, person_id=kari.person_id)

        site.stop()

        async def refuses() -> bool:
            with Socket(site.media[0].sip_address) as line:
                return await line.invite(UNKNOWN) == 503

        await site.until(refuses, "no more calls are taken")
        await goes_on(call.leg, kari.hertz)
        await goes_on(await kari.rings(), CALLER_HERTZ)
        async with httpx.AsyncClient(base_url=site.settings.web.address) as browser:
            assert (await browser.get("/health/ready")).status_code == 200

        site.stop()

        assert (await call.leg.finished()).hung_up == "them"
        await site.until(lambda: not site.runs(), "everything has stopped")
