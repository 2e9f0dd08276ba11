"""An installation whose PostgreSQL and Redis run elsewhere, reached over TCP with passwords."""

import asyncio

import pytest

from core.calls.events import Cause
from core.data.provision import provision
from core.telephony.simnet.client import SimulatedNetwork
from core.telephony.simnet.script import HangUp, WaitFor
from tests.e2e import flows
from tests.e2e.company import found_company
from tests.e2e.site import NETWORK_PORTS, started
from tests.external import external_servers
from tests.ports import block


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="function")  # the other tests' loop has their installation's database open
async def test_a_call_is_served_and_journalled_by_servers_elsewhere() -> None:
    with external_servers() as external:
        data = {"database_url": external.database_url(), "redis_url": external.redis_url()}
        await provision(external.superuser_url, data["database_url"])
        async with (
            SimulatedNetwork(rtp_port=block() + NETWORK_PORTS, max_legs=8) as network,
            started(network, processes=1, data=data) as site,
        ):
            acme = await found_company(site)
            kari = acme.members[0]
            await acme.publish(flows.queue(acme.queue_id))
            await kari.answers()

            call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), HangUp())

            story = await call.over(Cause.CALLER_HUNG_UP)
            assert story.call["talked_with_id"] == kari.person_id
            embedded = {name for name in ("postgres", "redis") if await asyncio.to_thread((site.folder / name).exists)}
            assert embedded == set()
