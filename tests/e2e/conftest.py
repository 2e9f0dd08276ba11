"""One installation with two media processes and one simulated network for all tests of this package."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from core.telephony.simnet.client import SimulatedNetwork
from tests.e2e import flows
from tests.e2e.company import Company, found_company
from tests.e2e.site import NETWORK_PORTS, Site, started
from tests.ports import block

Founder = Callable[..., Awaitable[Company]]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test shows what the processes said."""
    outcome: Any = yield
    report = outcome.get_result()
    site = getattr(item, "funcargs", {}).get("site")
    if report.failed and isinstance(site, Site):
        report.sections.append(("log of the processes", site.log()))
        item.stash[FAILED] = True


FAILED = pytest.StashKey[bool]()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def network() -> AsyncIterator[SimulatedNetwork]:
    """The telephone network: callers, members' telephones, outside numbers."""
    async with SimulatedNetwork(rtp_port=block() + NETWORK_PORTS, max_legs=100) as running:
        yield running
        assert (await running.status()).errors == 0


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def site(network: SimulatedNetwork) -> AsyncIterator[Site]:
    """The installation. What a test kills comes up again before the test ends."""
    async with started(network) as running:
        yield running
        await running.until(running.is_idle, "no media process carries anything")


@pytest_asyncio.fixture(loop_scope="session")
async def company(site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Founder]:
    """Founds a company for this test: `await company(members=2)`; a queue answers its number unless `flow` is given.

    `flow` is made from the queue's id; `placement` are settings of the queue in the flow, others of the queue itself.
    Afterwards nothing may be left over of its calls.
    """
    founded: list[Company] = []

    async def found(
        flow: Callable[..., dict[str, Any]] | None = flows.queue,
        placement: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Company:
        made = await found_company(site, **settings)
        founded.append(made)
        if flow is not None:
            await made.publish(flow(made.queue_id, **(placement or {})))
        else:
            await made.is_routed()
        return made

    yield found
    for one in founded:
        for call in one.calls:
            await call.hang_up()
        if request.node.stash.get(FAILED, False):
            print(await one.so_far())  # noqa: T201
        else:
            await one.nothing_left()
