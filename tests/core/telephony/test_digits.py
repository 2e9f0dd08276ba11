"""The queue of digits keyed in."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calls.ports import LegGone
from core.telephony.digits import DigitQueue

digits = st.lists(st.sampled_from("0123456789*#"), max_size=20)


@given(digits, st.sets(st.sampled_from("0123456789*#"), min_size=1))
def test_digits_come_in_order_and_unwanted_ones_stay(keyed: list[str], wanted: set[str]) -> None:
    async def run() -> None:
        queue = DigitQueue()
        for digit in keyed:
            queue.push(digit)
        chosen = [digit for digit in keyed if digit in wanted]
        assert [await queue.take("".join(wanted)) for _ in chosen] == chosen
        rest = [digit for digit in keyed if digit not in wanted]
        assert [await queue.take() for _ in rest] == rest

    asyncio.run(run())


async def test_who_asked_first_is_served_first() -> None:
    queue = DigitQueue()
    first, second = asyncio.create_task(queue.take()), asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.push("1")
    queue.push("2")
    assert [await first, await second] == ["1", "2"]


async def test_a_cancelled_taker_takes_no_digit_with_it() -> None:
    queue = DigitQueue()
    taker = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.push("1")
    taker.cancel()
    await asyncio.wait([taker])
    assert taker.cancelled()
    assert await queue.take() == "1"
    waiting = asyncio.create_task(queue.take("5"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    queue.push("5")
    assert await queue.take() == "5"


async def test_an_unused_claim_gives_its_digit_back() -> None:
    queue = DigitQueue()
    claim = queue.claim("12")
    queue.push("3")
    queue.push("2")
    assert claim.result() == "2"
    queue.settle(claim, used=False)
    assert [await queue.take(), await queue.take()] == ["2", "3"]


async def test_after_the_end_everybody_learns_of_it() -> None:
    queue = DigitQueue()
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.close("caller_hung_up")
    with pytest.raises(LegGone, match="caller_hung_up"):
        await waiting
    with pytest.raises(LegGone, match="caller_hung_up"):
        await queue.take()
    queue.push("1")
    with pytest.raises(LegGone):
        await queue.take()
