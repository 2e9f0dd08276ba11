"""Calls to numbers that nobody answers, and to flows that lead nowhere."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from core.calls.events import PLATFORM_TENANT, Cause, FlowFailed, PromptEnded, PromptStarted
from tests.e2e import flows
from tests.e2e.company import Company
from tests.e2e.conftest import Founder
from tests.e2e.site import Site


async def test_a_number_that_nobody_has_is_not_found_and_journaled_for_the_platform(site: Site) -> None:
    nobody = Company(site, PLATFORM_TENANT, "+4729999999", "", UUID(int=0), UUID(int=0))

    call = await nobody.call()

    report = await call.leg.finished()
    story = await call.over(Cause.UNKNOWN_NUMBER)
    assert (report.code, report.answered_at) == (404, 0)
    assert (story.call["dialled"], story.call["sip_code"], story.call["status"]) == ("+4729999999", 404, "ended")
    assert story.call["answered_at"] is None


async def test_a_company_without_a_flow_is_unavailable(company: Founder) -> None:
    acme = await company(flow=None)

    call = await acme.call()

    report = await call.leg.finished()
    story = await call.over(Cause.NO_FLOW)
    assert (report.code, report.answered_at) == (480, 0)
    assert story.call["main_number_id"] == acme.main_number_id
    assert (story.call["status"], story.visits, story.parts) == ("ended", [], [])


MESSAGE = {"id": "hello", "element": "core.message", "settings": {"prompts": [{"text": "Hei"}]}}
BROKEN = {
    "goes on to a node that does not exist": {
        "start": "hello",
        "nodes": [MESSAGE],
        "edges": [{"source": "hello", "exit": "next", "target": "gone"}],
    },
    "a node that does not exist": {"start": "nobody", "nodes": []},
    "there is no element acme.magic": {"start": "x", "nodes": [{"id": "x", "element": "acme.magic"}]},
    "keys": {"start": "x", "nodes": [{"id": "x", "element": "core.menu", "settings": {"keys": "x"}}]},
    "UnknownQueue": {"start": "queue", "nodes": [flows.queue(UUID(int=7))["nodes"][0]]},
}
"""Problem → a flow that has it."""


async def test_a_flow_that_leads_nowhere_apologises_and_ends_the_call(company: Founder) -> None:
    async def fails(problem: str, document: dict[str, Any]) -> None:
        acme = await company(flow=None)
        await acme.publish_unchecked(msgspec.json.encode(document).decode())

        call = await acme.call()

        report = await call.leg.finished()
        story = await call.over(Cause.FLOW_FAILED)
        (failed,) = story.of(FlowFailed)
        assert problem in failed.problem
        assert (report.code, report.hung_up) == (200, "them")
        assert report.first_sound_at
        assert story.of(PromptStarted)
        assert len(story.of(PromptStarted)) == len(story.of(PromptEnded))
        assert story.call["status"] == "ended"

    await asyncio.gather(*(fails(problem, document) for problem, document in BROKEN.items()))


async def test_a_version_that_cannot_be_read_costs_only_its_own_number(company: Founder) -> None:
    acme = await company(flow=None)
    await acme.publish_unchecked('{"start": 7}')

    call = await acme.call()

    assert (await call.leg.finished()).code == 480
    await call.over(Cause.NO_FLOW)
