"""An installation whose PostgreSQL and Redis run elsewhere, reached over TCP with passwords."""

import asyncio
from pathlib import Path

import pytest

from core.calls.events import CallEnded, CallStarted, Cause, PartStarted
from core.data.provision import provision
from core.telephony.presence import Announcement
from core.telephony.simnet.client import SimulatedNetwork
from core.telephony.simnet.script import HangUp, WaitFor
from tests.e2e import flows
from tests.e2e.company import Company, found_company
from tests.e2e.site import NETWORK_PORTS, START_SECONDS, Site, media_elsewhere, started
from tests.external import external_servers
from tests.ports import block


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="function")  # the other tests' loop has their installation's database open
async def test_calls_are_served_and_journalled_by_servers_and_machines_elsewhere(tmp_path: Path) -> None:
    with external_servers() as external:
        data = {"database_url": external.database_url(), "redis_url": external.redis_url()}
        await provision(external.superuser_url, data["database_url"])
        async with (
            SimulatedNetwork(rtp_port=block() + NETWORK_PORTS, max_legs=8) as network,
            started(network, processes=1, settings={f"data__{key}": url for key, url in data.items()}) as site,
        ):
            acme = await found_company(site, members=2)
            kari = acme.members[0]
            await acme.publish(flows.queue(acme.queue_id))
            for member in acme.members:
                await member.answers()

            call = await acme.call(WaitFor(what="tone", hertz=kari.hertz), HangUp())

            story = await call.over(Cause.CALLER_HUNG_UP)
            assert story.call["talked_with_id"] == kari.person_id
            await _a_second_machine_of_this_name_is_told_apart(site, acme, tmp_path)

            embedded = {name for name in ("postgres", "redis") if await asyncio.to_thread((site.folder / name).exists)}
            assert embedded == set()


async def _a_second_machine_of_this_name_is_told_apart(site: Site, acme: Company, folder: Path) -> None:
    """Each has its own first media process, with a data folder of its own; the calls of one are none of the other's."""
    (first,) = site.media
    async with media_elsewhere(site, folder) as process:

        async def both() -> list[Announcement]:
            found = await site.media_now()
            return found if len(found) == 2 else []

        found = {media.pid: media for media in await site.until(both, "both take calls", START_SECONDS)}
        second = found[process.pid]
        assert found[first.pid].name == first.name != second.name
        goes, lost = await acme.call(via=[first.sip_address]), await acme.call(via=[second.sip_address])
        for call, media in ((goes, first), (lost, second)):
            assert (await call.until(CallStarted)).media == media.name
        for call in (goes, lost):
            await call.until(PartStarted)

        process.kill()

        await lost.until(CallEnded, within=60, cause=Cause.MEDIA_PROCESS_LOST)  # its announcement has to run out
        await lost.hang_up()
        await goes.hang_up()
        await goes.over(Cause.CALLER_HUNG_UP)
