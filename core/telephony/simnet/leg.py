"""One leg of the simulated network in the event loop: its script, its report, and the targets it tries."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np

from core.telephony.accounts import Account
from core.telephony.endpoint import Endpoint, TelephonyFailed
from core.telephony.simnet.agent import AgentCall, Tones
from core.telephony.simnet.performer import Speech, perform
from core.telephony.simnet.script import Callee, Caller, Party, Report
from core.telephony.simnet.tones import RATE, Samples, first_sound, heard, read_recording, recorded_seconds

logger = logging.getLogger(__name__)

TRY_SECONDS = 2.0
"""A target that has said nothing for so long is taken for dead (a short timer B of RFC 3261)."""

UNAVAILABLE = frozenset({408, 500, 503})
"""Answers after which the next target is tried (RFC 3263 §4.3)."""

WRITTEN_SECONDS = 0.5
"""pjlib closes a recording a moment after it was told to; no longer than this is waited for."""


class Exchange:
    """What all legs of the network share."""

    def __init__(self, endpoint: Endpoint, folder: Path, speech: Speech, told: Callable[[str, Report], None]) -> None:
        self.endpoint = endpoint
        self.folder = folder
        self.speech = speech
        self.told = told
        """Hears what happens to a leg: `placed`, `called`, `ringing`, `answered`, `ended`."""
        self.tones = Tones(endpoint)
        self.account: Account
        self.failures = 0

    def failed(self, report: Report, error: BaseException) -> None:
        """A leg's own work raised: count it, so that nobody takes its report for the truth."""
        self.failures += 1
        logger.error("leg failed: %s", report, exc_info=error)


class NetworkLeg:
    """A simulated party in one call, calling or called; lives in the event loop's thread."""

    def __init__(self, exchange: Exchange, party: Party, report: Report) -> None:
        self.report = report
        self.party = party
        self.ringing_event = asyncio.Event()
        self.answered_event = asyncio.Event()
        self._exchange = exchange
        self._file = exchange.folder / f"leg{report.leg}.wav"
        self._trying = asyncio.Event()
        self._decided = asyncio.Event()
        """The target rings, has answered or has refused."""
        self._over: tuple[int, str] | None = None
        self._call: AgentCall | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._script: asyncio.Task[None] | None = None

    # What the network does with a leg.

    def place(self, targets: tuple[str, ...]) -> None:
        """Call through the first target that takes the call, and begin the script."""
        self.report.placed_at = time.time()
        self._exchange.told("placed", self.report)
        self._spawn(self._try(targets))
        self._begin()

    def take(self, call: AgentCall) -> None:
        """Ring, and then do what the callee's script says."""
        assert isinstance(self.party, Callee)
        self._call = call
        self.report.placed_at = time.time()
        self._exchange.told("called", self.report)
        self._spawn(self._answer(call, self.party))

    def refuse(self, call: AgentCall, code: int) -> None:
        """Answer an INVITE with a final status at once."""
        self._call = call
        self.report.placed_at = time.time()
        self._exchange.told("called", self.report)
        self._exchange.endpoint.later(call.respond, code)

    def new_call(self) -> AgentCall:
        recording = self._file if self.party.listen else None
        return AgentCall(self._exchange.endpoint, self._exchange.tones, self, recording)

    async def so_far(self) -> Report:
        """The report, with what was heard until now."""
        if not self.report.ended_at:
            await self._listen_back()
        return self.report

    async def _try(self, targets: tuple[str, ...]) -> None:
        self._over = (408, "there are no targets")
        for target in targets:
            if self.report.hung_up:
                break
            self.report.target = target
            if await self._attempt(target):
                return
        await self._finish(*(self._over or (408, "no target answered")))

    async def _attempt(self, target: str) -> bool:
        """Try one target; False when it is dead or unavailable."""
        assert isinstance(self.party, Caller)
        self._over = None
        self._trying.clear()
        self._decided.clear()
        call = self._call = self.new_call()
        options = self._exchange.endpoint.options
        shown, headers = _identity(self.party, f"{options.sip_host}:{self._exchange.endpoint.sip_port}")
        uri = f"sip:{self.report.other}@{target}"
        try:
            await self._exchange.endpoint.do(call.place, self._exchange.account, uri, shown, headers, self.party.codecs)
            async with asyncio.timeout(TRY_SECONDS):
                await self._trying.wait()
        except TelephonyFailed as error:
            self._over = (503, str(error))
            return False
        except TimeoutError:
            self._call = None
            self._exchange.endpoint.later(call.end)
            return False
        await self._decided.wait()
        return self._over is None or self._over[0] not in UNAVAILABLE

    async def _answer(self, call: AgentCall, callee: Callee) -> None:
        if callee.ring_seconds or callee.then == "ignore":
            self._exchange.endpoint.later(call.respond, 180)
            self.ringing(call)
            await asyncio.sleep(callee.ring_seconds)
        if callee.then != "ignore":
            self._exchange.endpoint.later(call.respond, 200 if callee.then == "answer" else callee.code)

    def _begin(self) -> None:
        self._script = self._spawn(self._perform())

    async def _perform(self) -> None:
        self.report.outcome, self.report.problem = await perform(self.party.steps, self, self._exchange.speech)

    # What the call tells.

    def trying(self, call: AgentCall) -> None:
        if call is self._call:
            self._trying.set()

    def ringing(self, call: AgentCall) -> None:
        if call is self._call and not self.report.ringing_at:
            self.report.ringing_at = time.time()
            self._exchange.told("ringing", self.report)
            self._trying.set()
            self._decided.set()
            self.ringing_event.set()

    def confirmed(self, call: AgentCall) -> None:
        if call is self._call and not self.report.answered_at:
            self.report.answered_at = time.time()
            self._exchange.told("answered", self.report)
            self._trying.set()
            self._decided.set()
            self.ringing_event.set()
            self.answered_event.set()
            if self.report.incoming:
                self._begin()

    def digit(self, digit: str) -> None:
        self.report.digits += digit

    def listening(self) -> None:
        self.report.listening_at = time.time()

    def over(self, call: AgentCall, code: int, reason: str, packets: int, lost: int) -> None:
        if call is not self._call:
            return
        self.report.packets, self.report.lost = packets, lost
        self._over = (code, reason)
        undecided = not self._decided.is_set() and not self.report.incoming
        self._trying.set()
        self._decided.set()
        if not undecided or code not in UNAVAILABLE:
            self._spawn(self._finish(code, reason))

    # What the script does.

    async def send_tone(self) -> None:
        assert self._call is not None
        self._exchange.endpoint.later(self._call.send, self.party.hertz)

    async def send_silence(self) -> None:
        if self._call is not None:
            self._exchange.endpoint.later(self._call.send, 0)

    async def send_file(self, file: Path) -> None:
        assert self._call is not None
        done = asyncio.Event()
        await self._exchange.endpoint.do(self._call.send_file, file, done.set)
        await done.wait()

    async def press(self, digits: str, method: str) -> None:
        assert self._call is not None
        self.report.pressed_at = time.time()
        await self._exchange.endpoint.do(self._call.press, digits, method)

    async def hold(self, on: bool) -> None:
        assert self._call is not None
        await self._exchange.endpoint.do(self._call.hold, on)

    async def hang_up(self) -> None:
        """End the leg in whatever state it is; a leg that is gone is left alone."""
        if self.report.ended_at or self.report.hung_up:
            return
        self.report.hung_up = "us"
        if self._call is not None:
            self._exchange.endpoint.later(self._call.end)

    def recorded(self) -> float:
        return recorded_seconds(self._file) if self._file.exists() else 0.0

    def samples(self, start: float) -> Samples:
        return read_recording(self._file, start=start) if self._file.exists() else np.zeros(0, np.int16)

    # The end.

    async def _finish(self, code: int, reason: str) -> None:
        self.report.ended_at = time.time()
        self.report.code, self.report.reason = (200 if self.report.answered_at else code), reason
        self.report.hung_up = self.report.hung_up or "them"
        if self._script is not None:
            self._script.cancel()
        if self.report.listening_at:
            await self._closed_recording()
            await self._listen_back()
            self._file.unlink()
        self._exchange.told("ended", self.report)

    async def _closed_recording(self) -> None:
        for _ in range(int(WRITTEN_SECONDS / 0.02)):
            with self._file.open("rb") as recording:
                if any(recording.read(44)[40:44]):
                    return
            await asyncio.sleep(0.02)

    async def _listen_back(self) -> None:
        samples = self.samples(0)
        self.report.listened = len(samples) / RATE
        self.report.heard = await asyncio.to_thread(heard, samples)
        first = first_sound(samples)
        self.report.first_sound_at = 0.0 if first is None else self.report.listening_at + first

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._exchange.failed(self.report, error)


def _identity(caller: Caller, host: str) -> tuple[str, dict[str, str]]:
    """The From header of a caller, and the headers that withhold a number (RFC 3323)."""
    if not caller.number:
        return '"Anonymous" <sip:anonymous@anonymous.invalid>', {"Privacy": "id"}
    return f'"{caller.name}" <sip:{caller.number}@{host}>', {}
