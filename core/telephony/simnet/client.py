"""Client of the simulated telephone network: starts it as a process, places calls, hears how they went."""

import asyncio
import itertools
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from core.telephony.simnet.protocol import (
    LINE_LIMIT,
    AnyRequest,
    FromNetwork,
    GetReport,
    GetStatus,
    HangUpLeg,
    Moment,
    PlaceCall,
    Quit,
    Register,
    Reply,
    Status,
)
from core.telephony.simnet.script import Callee, Caller, Report

ROOT = Path(__file__).parents[3]


class NetworkError(Exception):
    """The simulated network refused a request, or is gone; the message says why."""


class SimulatedLeg:
    """One leg of the simulated network, as seen from outside its process."""

    def __init__(self, network: "SimulatedNetwork", report: Report) -> None:
        self.network = network
        self.report = report
        """As of the last moment; complete when the leg is finished."""
        self._changed = asyncio.Condition()

    async def until(self, what: str, within: float = 30.0) -> Report:
        """Wait until `ringing`, `answered` or `ended`.

        Raises TimeoutError, and NetworkError when it ended without that; both name the leg.
        """
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: getattr(self.report, f"{what}_at") or self.report.ended_at)
        except TimeoutError:
            raise TimeoutError(f"leg {self.report.leg} was not {what} within {within} s: {self.report}") from None
        if not getattr(self.report, f"{what}_at"):
            raise NetworkError(f"leg {self.report.leg} ended before it was {what}: {self.report}")
        return self.report

    async def finished(self, within: float = 60.0) -> Report:
        """The complete report, when the leg has ended. Raises TimeoutError."""
        return await self.until("ended", within)

    async def so_far(self) -> Report:
        """The report of a running leg, with what it has heard until now."""
        reply = await self.network.ask(GetReport(leg=self.report.leg))
        assert reply.report is not None
        return reply.report

    async def hears(self, hertz: int, within: float = 15.0) -> Report:
        """Wait until the leg has heard this frequency. Raises TimeoutError."""
        try:
            async with asyncio.timeout(within):
                while not (report := await self.so_far()).hears(hertz):  # noqa: ASYNC110 (a recording has no event)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"{hertz} Hz not heard within {within} s: {self.report}") from None
        return report

    async def hang_up(self) -> None:
        """End it in whatever state it is."""
        await self.network.ask(HangUpLeg(leg=self.report.leg))

    async def update(self, report: Report) -> None:
        async with self._changed:
            self.report = report
            self._changed.notify_all()


class SimulatedNetwork:
    """A simulated telephone network in a process of its own, for as long as the context lasts.

    It calls through `targets` (host:port of media processes, in order), and answers at `sip` by registered
    scripts. `port` 0 takes any free UDP port; `lose_percent` of the RTP packets are not sent (100: nobody has
    audio). The network's process ends with this one, however that ends.
    """

    def __init__(
        self,
        targets: Sequence[str] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        rtp_port: int = 40000,
        max_legs: int = 256,
        lose_percent: int = 0,
    ) -> None:
        self.targets = tuple(targets)
        self.sip = ""
        """host:port where the network takes calls; known when it has started."""
        self.legs: dict[int, SimulatedLeg] = {}
        options = {
            "--host": host,
            "--port": port,
            "--rtp-port": rtp_port,
            "--max-legs": max_legs,
            "--lose-percent": lose_percent,
        }
        self._options = [str(word) for option in options.items() for word in option]
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._listeners: list[Callable[[Moment], None]] = []
        self._arrivals = asyncio.Condition()
        self._encoder = msgspec.json.Encoder()

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "core.telephony.simnet", "--control", str(theirs.fileno())),
                *self._options,
                pass_fds=(theirs.fileno(),),
                cwd=ROOT,
            )
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT)
        self._reading = asyncio.create_task(self._read(reader))
        self.sip = (await self.status()).sip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            async with asyncio.timeout(10):
                await self.ask(Quit())
                await self._process.wait()
        except (NetworkError, TimeoutError):
            self._process.kill()
            await self._process.wait()
        self._reading.cancel()
        self._writer.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def call(self, to: str, caller: Caller, *, targets: Sequence[str] = ()) -> SimulatedLeg:
        """Place a call to a number; returns when the INVITE is on its way."""
        reply = await self.ask(PlaceCall(to=to, targets=tuple(targets) or self.targets, caller=caller))
        return self.legs[reply.leg]

    async def register(self, callee: Callee) -> None:
        """From now on, this is how the address answers."""
        await self.ask(Register(callee=callee))

    async def called(self, address: str, *, nth: int = 1, within: float = 30.0) -> SimulatedLeg:
        """The `nth` leg on which the address was called, when it comes. Raises TimeoutError."""

        def those() -> list[SimulatedLeg]:
            return [x for x in self.legs.values() if x.report.incoming and x.report.number == address]

        try:
            async with asyncio.timeout(within), self._arrivals:
                await self._arrivals.wait_for(lambda: len(those()) >= nth)
        except TimeoutError:
            raise TimeoutError(f"{address} was called {len(those())} times within {within} s, not {nth}") from None
        return those()[nth - 1]

    async def status(self) -> Status:
        reply = await self.ask(GetStatus())
        assert reply.status is not None
        return reply.status

    def listen(self, listener: Callable[[Moment], None]) -> None:
        """Call `listener` at every moment of every leg."""
        self._listeners.append(listener)

    async def ask(self, request: AnyRequest) -> Reply:
        """Send a request; returns its reply. Raises NetworkError."""
        request = msgspec.structs.replace(request, id=next(self._ids))
        future = self._replies[request.id] = asyncio.get_running_loop().create_future()
        if self._reading.done():
            raise NetworkError("the simulated network's process is gone; its last words are on stderr")
        self._writer.write(self._encoder.encode(request) + b"\n")
        reply: Reply = await future
        if reply.error:
            raise NetworkError(reply.error)
        return reply

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = msgspec.json.Decoder(FromNetwork)
        try:
            async for line in reader:
                message = decoder.decode(line)
                if isinstance(message, Reply):
                    self._replies.pop(message.id).set_result(message)
                else:
                    await self._take(message)
        finally:
            gone = NetworkError("the simulated network's process ended")
            for future in self._replies.values():
                future.set_exception(gone)

    async def _take(self, moment: Moment) -> None:
        leg = self.legs.get(moment.report.leg)
        if leg is None:
            leg = self.legs[moment.report.leg] = SimulatedLeg(self, moment.report)
            async with self._arrivals:
                self._arrivals.notify_all()
        await leg.update(moment.report)
        for listener in self._listeners:
            listener(moment)
