"""How one member's devices ring: all at once, or one after the other (PRF-5)."""

import asyncio
from time import monotonic
from uuid import uuid4

import pytest

from core.calls.events import Cause, LegRole, OfferOutcome
from core.calls.ports import Dial, LegState
from core.queues.model import Member
from core.queues.ringing import Attempt
from core.queues.state import Proposal
from tests.core.queues.scripted import ScriptedSwitch, device


class Rung:
    """One attempt at a member with these devices; `in_order`: seconds of each, none: all at once."""

    def __init__(self, *scripts: str, in_order: tuple[float, ...] = ()) -> None:
        self.switch = ScriptedSwitch()
        self.dials = [
            Dial(
                tenant_id=uuid4(), call_id=uuid4(), role=LegRole.AGENT, address=device(one), presentation="+4722000000"
            )
            for one in scripts
        ]
        offer = Proposal(uuid4(), uuid4(), uuid4())
        self.attempt = Attempt(offer, Member(person_id=offer.person_id, in_order=in_order))

    async def run(self, ring_seconds: float = 5.0):
        return await self.attempt.run(self.switch, self.dials, ring_seconds)

    def cause(self, script: str) -> Cause:
        ending = self.switch.leg(script).ending
        assert ending is not None
        return ending.cause


async def test_all_devices_ring_at_once_and_the_first_to_answer_wins() -> None:
    """PRF-5."""
    rung = Rung("ignore", "answer:0.1")
    winner = await rung.run()
    assert winner is rung.switch.leg("answer:0.1")
    assert rung.switch.leg("ignore").state is LegState.RINGING, "it goes on until the two are connected"
    await rung.attempt.stop(Cause.ANSWERED_ELSEWHERE, keep=winner)
    assert rung.cause("ignore") is Cause.ANSWERED_ELSEWHERE


async def test_in_order_the_next_device_rings_when_the_seconds_of_the_one_before_are_over() -> None:
    """PRF-5."""
    rung, began = Rung("ignore", "answer", in_order=(0.3, 5)), monotonic()
    running = asyncio.create_task(rung.run())
    await asyncio.sleep(0.1)
    assert "answer" not in rung.switch.legs, "it is not its turn yet"
    assert await running is rung.switch.leg("answer")
    assert monotonic() - began >= 0.3
    assert rung.cause("ignore") is Cause.NO_ANSWER


async def test_in_order_a_device_that_answers_spares_those_behind_it() -> None:
    """PRF-5."""
    rung = Rung("answer", "ignore", in_order=(5, 5))
    assert await rung.run() is rung.switch.leg("answer")
    assert "ignore" not in rung.switch.legs


@pytest.mark.parametrize("script", ["busy", "gone", "reject"])
async def test_in_order_a_device_that_cannot_ring_costs_no_time(script: str) -> None:
    """PRF-5."""
    rung, began = Rung(script, "answer", in_order=(60, 60)), monotonic()
    assert await rung.run(ring_seconds=60) is rung.switch.leg("answer")
    assert monotonic() - began < 5


async def test_in_order_a_refusal_for_all_devices_holds_for_those_that_have_not_rung() -> None:
    """PRF-5, RFC 3261 21.6."""
    rung = Rung("decline-all", "answer", in_order=(5, 5))
    assert await rung.run() is None
    assert rung.attempt.outcome is OfferOutcome.REJECTED
    assert "answer" not in rung.switch.legs


async def test_in_order_she_is_rung_no_longer_than_the_queue_rings_anybody() -> None:
    """PRF-5, QEL-3."""
    rung, began = Rung("ignore", "ignore:1", "answer", in_order=(0.2, 60, 60)), monotonic()
    assert await rung.run(ring_seconds=0.5) is None
    assert 0.5 <= monotonic() - began < 5
    assert "answer" not in rung.switch.legs
    assert rung.attempt.outcome is OfferOutcome.NO_ANSWER
