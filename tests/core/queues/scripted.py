"""Legs and a switch that follow a script, for tests of a stay in a queue without SIP.

A device's address says what happens: "answer", "answer:0.2" (after 0.2 s), "reject", "busy", "ignore", "gone"
(unreachable at once), "silent" (answers, no audio), "decline-all" (603), "drop" (gone when it is bridged).
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

from msgspec import Struct

from core.api.calls import Prompt
from core.calls.events import Cause, LegRole
from core.calls.ports import Address, Dial, Leg, LegEnding, LegGone, LegState


class ScriptedLeg:
    """A leg whose other side is played by the test."""

    def __init__(self, role: LegRole, state: LegState = LegState.CREATED) -> None:
        self.id = uuid4()
        self.role = role
        self.state = state
        self.ending: LegEnding | None = None
        self.held = False
        self.playing: tuple[str, ...] = ()
        self.played: list[tuple[str, ...]] = []
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self._moved = asyncio.Event()

    def become(self, state: LegState, ending: LegEnding | None = None) -> None:
        if self.state is not LegState.ENDED:
            self.state = state
            self.ending = ending
            self._tell_waiters()

    def other_side_holds(self, held: bool) -> None:
        self.held = held
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def other_side_hangs_up(self) -> None:
        cause = Cause.CALLER_HUNG_UP if self.role is LegRole.CALLER else Cause.AGENT_HUNG_UP
        self.become(LegState.ENDED, LegEnding(cause))

    async def until(self, state: LegState) -> LegState:
        while self.state < state:
            await self._moved.wait()
        return self.state

    async def until_held(self, held: bool) -> bool:
        while self.held is not held and self.state is not LegState.ENDED:
            await self._moved.wait()
        return self.state is not LegState.ENDED

    async def answer(self) -> None:
        self.become(LegState.MEDIA_UP)

    async def play(self, files: Sequence[Path], *, loop: bool = False, interrupt: str = "") -> str:
        if self.state is LegState.ENDED:
            raise LegGone
        self.playing = tuple(str(file) for file in files)
        self.played.append(self.playing)
        try:
            if not loop:
                await asyncio.sleep(0.05)
                return ""
            await self.until(LegState.ENDED)
            raise LegGone
        finally:
            self.playing = ()

    async def digit(self) -> str:
        return await self.keys.get()

    async def record(self, file: Path, *, max_seconds: float, silence_seconds: float, stop: str) -> float:
        raise NotImplementedError("nobody records in a queue")

    async def hang_up(self, cause: Cause = Cause.COMPLETED, *, sip_code: int = 0) -> None:
        self.become(LegState.ENDED, LegEnding(cause, sip_code, by_us=True))


class ScriptedSwitch:
    """Makes legs that follow their address, and remembers what was connected."""

    def __init__(self) -> None:
        self.legs: dict[str, list[ScriptedLeg]] = {}
        self.dials: list[Dial] = []
        self.bridged: set[frozenset[UUID]] = set()
        self.bridges: list[frozenset[UUID]] = []
        self.muted: set[tuple[UUID, UUID]] = set()
        self.dropping: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def dial(self, dial: Dial) -> Leg:
        leg = ScriptedLeg(dial.role)
        self.dials.append(dial)
        self.legs.setdefault(dial.address.value, []).append(leg)
        task = asyncio.create_task(self._play(leg, dial.address.value))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return leg

    async def _play(self, leg: ScriptedLeg, script: str) -> None:
        what, _, delay = script.partition(":")
        if what == "gone":
            return leg.become(LegState.ENDED, LegEnding(Cause.UNREACHABLE, 480))
        leg.become(LegState.RINGING)
        await asyncio.sleep(float(delay.partition("#")[0] or 0.01))
        match what:
            case "answer" | "drop":
                leg.become(LegState.ANSWERED)
                await asyncio.sleep(0.005)
                if what == "drop":
                    self.dropping.add(leg.id)
                leg.become(LegState.MEDIA_UP)
            case "silent":
                leg.become(LegState.ANSWERED)
            case "reject":
                leg.become(LegState.ENDED, LegEnding(Cause.REJECTED, 480))
            case "decline-all":
                leg.become(LegState.ENDED, LegEnding(Cause.REJECTED, 603))
            case "busy":
                leg.become(LegState.ENDED, LegEnding(Cause.BUSY, 486))
            case "ignore":
                pass
            case _:
                raise ValueError(f"unknown script {script!r}")
        return None

    async def bridge(self, one: Leg, other: Leg) -> None:
        for leg in (one, other):
            if leg.id in self.dropping:
                leg.other_side_hangs_up()  # type: ignore[attr-defined]
            if leg.state is LegState.ENDED:
                raise LegGone
        self.bridged.add(frozenset((one.id, other.id)))
        self.bridges.append(frozenset((one.id, other.id)))

    async def unbridge(self, one: Leg, other: Leg) -> None:
        self.bridged.discard(frozenset((one.id, other.id)))

    async def mute(self, speaker: Leg, listener: Leg) -> None:
        self.muted.add((speaker.id, listener.id))

    async def unmute(self, speaker: Leg, listener: Leg) -> None:
        self.muted.remove((speaker.id, listener.id))

    def leg(self, script: str, number: int = -1) -> ScriptedLeg:
        return self.legs[script][number]


class ScriptedSounds:
    """Names instead of audio."""

    def music(self) -> Path:
        return Path("music.wav")

    def ringback(self) -> Path:
        return Path("ringback.wav")

    async def render(self, prompts: Sequence[Prompt], language: str) -> Sequence[Path]:
        return [Path(prompt.text) for prompt in prompts]


class Journal:
    """A call's events in memory."""

    def __init__(self) -> None:
        self.events: list[Struct] = []
        self._more = asyncio.Event()

    def write(self, data: Struct) -> None:
        self.events.append(data)
        self._more.set()
        self._more = asyncio.Event()

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type, count: int = 1) -> Struct:
        async with asyncio.timeout(15):
            while len(self.of(kind)) < count:
                await self._more.wait()
        return self.of(kind)[count - 1]


def device(script: str) -> Address:
    return Address("sip", script)
