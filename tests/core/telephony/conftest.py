"""An engine under test, another one in a process of its own, SIPp, tones and a journal to look at."""

import asyncio
import itertools
import json
import math
import os
import socket
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psutil
import pytest

from core.calls.events import Cause, LegRole
from core.calls.ports import Address, Dial
from core.telephony.engine import Engine
from core.telephony.invite import IncomingCall
from core.telephony.legs import PjLeg
from core.telephony.options import PCMA, PCMU, EndpointOptions
from core.telephony.switch import PjSwitch
from core.telephony.trunks import Trunk
from tests.ports import block

ROOT = Path(__file__).parents[3]
SCENARIOS = Path(__file__).parent / "sipp"


class Events(list[Any]):
    """A journal that is a list."""

    def write(self, data: Any) -> None:
        self.append(data)

    def kinds(self) -> list[str]:
        """The types of the events, in order."""
        return [event.__struct_config__.tag for event in self]


class Exchange:
    """The engine under test with one call's switch and journal, and the incoming legs that came."""

    def __init__(self, **settings: Any) -> None:
        values: dict[str, Any] = {
            "rtp_port": rtp_range(),
            "rtp_ports": 1000,
            "max_legs": 500,
            "clock_rate": 8000,
            "codecs": (PCMU, PCMA),
        }
        limits = {"max_calls": 400, "rtp_timeout": 30.0, "confirm_timeout": 10.0}
        for name, value in settings.items():
            (limits if name in limits else values)[name] = value
        self.journal = Events()
        self.came: asyncio.Queue[tuple[PjLeg, IncomingCall]] = asyncio.Queue()
        self.refused: asyncio.Queue[tuple[IncomingCall, Cause, int]] = asyncio.Queue()
        self.engine = Engine(
            EndpointOptions(**values),
            on_incoming=lambda leg, invite: self.came.put_nowait((leg, invite)),
            on_refused=lambda invite, cause, code: self.refused.put_nowait((invite, cause, code)),
            **limits,
        )
        self.switch: PjSwitch

    async def start(self) -> None:
        await self.engine.start()
        self.switch = self.engine.switch_for(self.journal)
        await self.allow(max_calls=1000)

    async def allow(self, **settings: Any) -> Trunk:
        """Take a trunk into use whose host is this machine."""
        trunk = Trunk(**{"id": uuid4(), "name": "test", "host": "127.0.0.1", "port": 9, "priority": 90} | settings)
        await self.engine.put_trunk(trunk)
        return trunk

    @property
    def port(self) -> int:
        return self.engine.endpoint.sip_port

    async def dial(self, value: str, *, kind: str = "sip", role: LegRole = LegRole.AGENT, **more: Any) -> PjLeg:
        """Start an outgoing leg."""
        dial = {"tenant_id": uuid4(), "call_id": uuid4(), "role": role, "presentation": "+4722000000"} | more
        return await self.switch.dial(Dial(address=Address(kind, value), **dial))

    async def incoming(self) -> tuple[PjLeg, IncomingCall]:
        """The next incoming leg, taken into the call."""
        leg, invite = await asyncio.wait_for(self.came.get(), 10)
        self.switch.adopt(leg)
        return leg, invite


_ranges = itertools.count()


def rtp_range() -> int:
    """First of 1000 RTP ports. Ranges overlap, and whoever comes second passes over what is taken; but an engine
    does not begin where the last ones did, to whom somebody may still be sending."""
    return block() + next(_ranges) % 3 * 500


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """The engine under test."""
    async with exchange_with() as made:
        yield made


@asynccontextmanager
async def exchange_with(**settings: Any) -> AsyncIterator[Exchange]:
    """An engine under test with other settings."""
    made = Exchange(**settings)
    try:
        await made.start()
        yield made
    finally:
        await made.engine.close()


class Remote:
    """The peer process: `await remote.dial(uri=…)` runs Peer.dial there."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._serial = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.ensure_future(self._read())
        self.port = 0

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def ask(**arguments: Any) -> Any:
            serial = next(self._serial)
            future = self._waiting[serial] = asyncio.get_running_loop().create_future()
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps([serial, name, arguments]).encode() + b"\n")
            return await asyncio.wait_for(future, 60)

        return ask

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            if not line.startswith(b"{"):
                continue
            answer = json.loads(line)
            future = self._waiting.pop(answer["id"])
            if "error" in answer:
                future.set_exception(AssertionError(f"peer: {answer['error']}"))
            else:
                future.set_result(answer["result"])

    async def close(self) -> None:
        """End the process; a crash on the way is an error here."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert await asyncio.wait_for(self._process.wait(), 30) == 0
        await self._reader


@asynccontextmanager
async def remote_with(**settings: Any) -> AsyncIterator[Remote]:
    """A peer process with its own settings."""
    options = {
        "rtp_port": rtp_range(),
        "rtp_ports": 1000,
        "max_legs": 500,
        "clock_rate": 8000,
        "codecs": [PCMU, PCMA],
    } | settings
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).parent / "peer.py"), json.dumps(options)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        limit=1 << 20,
    )
    remote = Remote(process)
    try:
        remote.port = await remote.start()
        yield remote
    finally:
        await remote.close()


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A peer: real SIP and audio in another process."""
    async with remote_with() as made:
        yield made


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """Makes WAV files: tone(440), tone(440, seconds=0.5, rate=16000); 0 Hz is silence."""

    def make(hertz: int, *, seconds: float = 1.0, rate: int = 8000) -> Path:
        file = tmp_path / f"{hertz}-{seconds}-{rate}.wav"
        times = np.arange(int(seconds * rate)) / rate
        samples = (8000 * np.sin(2 * math.pi * hertz * times)).astype("<i2")
        with wave.open(str(file), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(samples.tobytes())
        return file

    return make


def loudest(file: Path) -> list[int]:
    """The frequencies (to 10 Hz) that clearly stand out in a recording, the loudest first."""
    with wave.open(str(file)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
    samples = samples[np.argmax(np.abs(samples) > 500) :] if np.any(np.abs(samples) > 500) else samples[:0]
    if len(samples) < rate // 10:
        return []
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples)
    found: list[int] = []
    for index in np.argsort(spectrum)[::-1][:50]:
        hertz = round(index * rate / len(samples) / 10) * 10
        if spectrum[index] > 200 and all(abs(hertz - other) > 30 for other in found):
            found.append(hertz)
    return found


async def hears(remote: Remote, leg: int, file: Path, hertz: int | None) -> None:
    """Record at the peer until this tone is what stands out, or silence (None); `file` holds the last try."""
    for _ in range(20):
        await remote.record(leg=leg, file=str(file), seconds=0.5)
        if loudest(file)[:1] == ([] if hertz is None else [hertz]):
            return
    raise AssertionError(f"the peer hears {loudest(file)} instead of {hertz or 'silence'}")


def free_port() -> int:
    """A UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return int(udp.getsockname()[1])


def _listens(pid: int, port: int, *, tcp: bool) -> bool:
    """Does this process take what comes to the port? A TCP port that is only bound refuses."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp" if tcp else "udp")
    except psutil.NoSuchProcess:
        return False
    return any(one.laddr.port == port and (not tcp or one.status == psutil.CONN_LISTEN) for one in sockets if one.laddr)


class Sipp:
    """A SIPp process that plays a scenario of this folder."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    async def ends_well(self, seconds: float = 20) -> None:
        """Wait for its end; fails when the scenario did not go as written."""
        out, _ = await asyncio.wait_for(self._process.communicate(), seconds)
        assert self._process.returncode == 0, out.decode(errors="replace")[-3000:]

    async def stop(self) -> None:
        """End it in mid-scenario."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()


@pytest.fixture
async def sipp(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Sipp]]]:
    """Starts SIPp: sipp("uac_cancel", to=port) calls, sipp("uas_refuses", code="486") waits for a call.

    What is in braces in a scenario is given by name.
    """
    running: list[Sipp] = []

    async def start(scenario: str, *, to: int = 0, user: str = "22334455", tcp: bool = False, **fill: str) -> Sipp:
        text = (SCENARIOS / f"{scenario}.xml").read_text()
        for name, value in fill.items():
            text = text.replace("{" + name + "}", value)
        port = free_port()
        file = tmp_path / f"{scenario}-{port}.xml"
        file.write_text(text)
        target = (f"127.0.0.1:{to}",) if to else ()
        process = await asyncio.create_subprocess_exec(
            "sipp", "-sf", str(file), "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-m", "1",
            "-s", user, "-nostdin", "-timeout", "30", "-timeout_error", "-t", "t1" if tcp else "u1", *target,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path,
            env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        running.append(Sipp(process, port))
        while process.returncode is None and not _listens(process.pid, port, tcp=tcp):
            await asyncio.sleep(0.02)
        return running[-1]

    yield start
    for one in running:
        await one.stop()
