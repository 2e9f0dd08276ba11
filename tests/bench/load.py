"""The load generator: callers and called parties around any SIP back-to-back agent, who hear whether it works."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.telephony.simnet.client import SimulatedLeg, SimulatedNetwork
from core.telephony.simnet.script import AnyStep, Callee, Caller, HangUp, Press, Report, Talk, Wait, WaitFor
from core.telephony.simnet.tones import frequency
from tests.bench.machine import percent, read

CALLER, CALLED = frequency(0), frequency(1)
"""Hz of the callers' tone and of that of the called."""
SETTLE_SECONDS = 5.0
"""After the last call was placed, those that are not through by then have failed."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is measured: where it takes calls, the number to dial, and its processes."""

    addresses: tuple[str, ...]
    """host:port, tried in order."""
    number: str
    """`{n}` in it becomes the number of the call, from 0."""
    processes: dict[str, int] = field(default_factory=dict)
    """Name → pid of what is measured; a process on another machine cannot be."""
    key: str = ""
    """Digits keyed in when the prompt has begun; empty: none."""
    key_after: float = 1.0
    """Seconds from the answer to the digits."""
    ring_seconds: float = 0.0
    """How long the called side rings."""
    media: str = ""
    """Which of the processes carries the calls."""


async def hold(
    net: SimulatedNetwork, target: Target, *, calls: int, seconds: float, rate: float, listen_every: int
) -> dict[str, Any]:
    """Set up calls at `rate` a second, hold all of them at once for `seconds`, and end them.

    One in `listen_every` is listened to on both sides, for gaps of 20 ms and more; of all, the RTP counters tell.
    """
    await net.register(_callee(target, listen_every, (Talk(),)))
    before = len(net.legs)
    steps = (WaitFor(what="answer", timeout=30), *_keys(target), Talk())
    idle = read(_all(net, target))
    callers = await _place(net, target, calls, rate, steps, listen_every)
    await _settled(lambda: all(leg.report.answered_at for leg in _called(net, before)[:calls]), net, before, calls)
    begin = read(_all(net, target))
    up = [leg for leg in callers if leg.report.answered_at and not leg.report.ended_at]
    await asyncio.sleep(seconds)
    end = read(_all(net, target))
    held = sum(not leg.report.ended_at for leg in up)
    for leg in up:
        await leg.hang_up()
    reports = await _reports([*callers, *_called(net, before)], 60 + calls / 10)
    through = sum(leg.incoming and bool(leg.answered_at) for leg in reports)
    return {
        "calls": calls,
        "seconds": seconds,
        "placed_per_second": rate,
        "bridged": through,
        "held_to_the_end": held,
        "failed": calls - min(held, through),
        **_cost(target, idle, begin, end, calls),
        **_heard(reports),
        "codes": _codes(callers),
        "legs_that_did_not_end": sum(not one.ended_at for one in reports),
    }


async def stream(
    net: SimulatedNetwork, target: Target, *, rate: float, seconds: float, talk: float, listen_every: int
) -> dict[str, Any]:
    """New calls at `rate` a second for so long; the called side answers, talks for `talk` seconds and hangs up."""
    calls = round(rate * seconds)
    await net.register(_callee(target, listen_every, (Talk(seconds=talk), HangUp())))
    before = len(net.legs)
    steps = (WaitFor(what="answer", timeout=30), *_keys(target), Talk())
    begin = read(_all(net, target))
    callers = await _place(net, target, calls, rate, steps, listen_every)
    end = read(_all(net, target))
    reports = await _reports(callers, 60 + talk)
    after = read(_all(net, target))
    called = await _reports(_called(net, before), 10)
    served = {leg.other: leg for leg in called if leg.answered_at}
    good = [one for one in reports if one.code == 200 and one.hung_up == "them" and one.number in served]
    media = target.media
    return {
        "calls": calls,
        "per_second": rate,
        "talk_seconds": talk,
        "served": len(good),
        "failed": calls - len(good),
        "cpu_percent_of_a_core": percent(begin, end),
        **({"cpu_ms_per_call": round(1000 * (after.cpu[media] - begin.cpu[media]) / calls, 2)} if media else {}),
        "invite_to_answer_ms": _spread([1000 * (one.answered_at - one.placed_at) for one in good]),
        "answer_to_first_audio_ms": _spread(
            [1000 * (one.first_sound_at - one.answered_at) for one in good if one.first_sound_at]
        ),
        "key_to_agent_invite_ms": _spread(
            [1000 * (served[one.number].placed_at - one.pressed_at) for one in good if one.pressed_at]
        ),
        "agent_answer_to_caller_hears_ms": _spread(
            [1000 * (_first_tone(one, CALLED) - served[one.number].answered_at) for one in good if one.hears(CALLED)]
        ),
        **_heard([*reports, *called]),
        "codes": _codes(callers),
        "legs_that_did_not_end": sum(not one.ended_at for one in [*reports, *called]),
    }


def _callee(target: Target, listen_every: int, steps: tuple[AnyStep, ...]) -> Callee:
    return Callee(address="*", hertz=CALLED, ring_seconds=target.ring_seconds, listen_every=listen_every, steps=steps)


def _keys(target: Target) -> tuple[AnyStep, ...]:
    return (Wait(seconds=target.key_after), Press(digits=target.key)) if target.key else ()


async def _place(
    net: SimulatedNetwork,
    target: Target,
    calls: int,
    rate: float,
    steps: tuple[AnyStep, ...],
    listen_every: int,
) -> list[SimulatedLeg]:
    """Place calls evenly; each caller has a number of his own, by which the two sides of a call are matched."""
    clock = asyncio.get_running_loop().time
    start = clock()
    legs = []
    for n in range(calls):
        await asyncio.sleep(max(0.0, start + n / rate - clock()))
        listen = n % listen_every == 0
        caller = Caller(number=f"+4759{n:06d}", hertz=CALLER, steps=steps, listen=listen)
        legs.append(await net.call(target.number.format(n=n), caller, targets=target.addresses))
    return legs


async def _settled(through: Callable[[], bool], net: SimulatedNetwork, before: int, calls: int) -> None:
    """Wait until all calls are through, or a little while."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if len(_called(net, before)) >= calls and through():
            return
        await asyncio.sleep(0.1)


async def _reports(legs: list[SimulatedLeg], seconds: float) -> list[Report]:
    """The reports of legs once all have ended, or as they are when the time is up."""
    ends = [asyncio.create_task(leg.finished(seconds)) for leg in legs]
    await asyncio.gather(*ends, return_exceptions=True)
    return [leg.report for leg in legs]


def _called(net: SimulatedNetwork, before: int) -> list[SimulatedLeg]:
    """Legs on which the network was called since it had `before` legs."""
    return [leg for number, leg in net.legs.items() if number > before and leg.report.incoming]


def _all(net: SimulatedNetwork, target: Target) -> dict[str, int]:
    return {**target.processes, "load generator": net.pid}


def _cost(target: Target, idle: Any, begin: Any, end: Any, calls: int) -> dict[str, Any]:
    cpu = percent(begin, end)
    cost: dict[str, Any] = {"cpu_percent_of_a_core": cpu}
    if target.media:
        grown = end.memory[target.media] - idle.memory[target.media]
        cost["cpu_percent_of_a_core_per_bridged_call"] = round(cpu[target.media] / calls, 4)
        cost["memory_mb"] = round(end.memory[target.media] / 2**20, 1)
        cost["memory_kb_per_leg"] = round(grown / 1024 / (2 * calls), 1)
    cost["generator_cpu_percent_of_a_core_per_leg"] = round(cpu["load generator"] / (2 * calls), 4)
    return cost


def _heard(reports: Sequence[Report]) -> dict[str, Any]:
    """What was heard on the legs that were listened to, and what the RTP counters of all say."""
    listened = [one for one in reports if one.listened and one.answered_at]
    tones = [tone for one in listened for tone in one.heard if tone.frequency == _expected(one)]
    length = sum(tone.end - tone.start for tone in tones)
    packets, lost = sum(one.packets for one in reports), sum(one.lost for one in reports)
    return {
        "listened_legs": len(listened),
        "did_not_hear_the_other": len(listened) - len(tones),
        "heard_seconds": round(length, 1),
        "gaps_percent": round(100 * sum(tone.missing for tone in tones) / length, 4) if length else None,
        "longest_gap_ms": round(1000 * max((gap for tone in tones for _, gap in tone.gaps), default=0)),
        "packets": packets,
        "packets_lost_percent": round(100 * lost / max(1, packets + lost), 4),
    }


def _expected(report: Report) -> int:
    """The frequency that the other side sends."""
    return CALLER if report.incoming else CALLED


def _first_tone(report: Report, hertz: int) -> float:
    """When a tone was first heard, in seconds since the epoch."""
    start = next(tone.start for tone in report.heard if tone.frequency == hertz)
    return report.listening_at + start


def _codes(callers: Sequence[SimulatedLeg]) -> dict[str, int]:
    codes = [f"{leg.report.code} {leg.report.hung_up} {leg.report.outcome}".strip() for leg in callers]
    return {code: codes.count(code) for code in sorted(set(codes))}


def _spread(values: list[float]) -> dict[str, float] | None:
    """Median, 99th percentile and maximum."""
    if not values:
        return None
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "n": len(ordered),
        "p50": round(ordered[round(0.5 * last)], 1),
        "p99": round(ordered[round(0.99 * last)], 1),
        "max": round(ordered[-1], 1),
    }


def text(figures: dict[str, Any]) -> str:
    """Figures as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode()
