"""A whole installation under test: `sentralbord up` with its processes, in a data folder and on ports of its own."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import psutil

from core.calls.live import STREAM
from core.calls.projector import GROUP, REJECTED
from core.config import load_settings
from core.telephony.presence import Announcement, announced
from core.telephony.service import put_trunk
from core.telephony.simnet.client import SimulatedNetwork
from core.telephony.trunks import Trunk
from core.wiring import Installation, open_installation
from tests.e2e.sip import UNKNOWN, Socket
from tests.ports import BLOCK, block

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
START_SECONDS = 90.0
RTP_PORTS = 500
"""Of each media process; in the block of this test process come the media processes, the networks, and the rest."""
NETWORK_PORTS, OTHER_PORTS = 2 * RTP_PORTS, BLOCK - 100
LOG_LINES = 60

T = TypeVar("T")


class Site:
    """One installation that runs, and the network that its trunk leads to."""

    def __init__(
        self, environment: dict[str, str], network: SimulatedNetwork, process: psutil.Process, log: Path
    ) -> None:
        self.environment = environment
        self.settings = load_settings(environment=environment)
        self.network = network
        self.installation: Installation
        self.media: tuple[Announcement, ...] = ()
        """The media processes as they were when the site began, by number."""
        self._process = process
        self._log = log

    @property
    def redis(self):  # type: ignore[no-untyped-def]
        return self.installation.redis

    @property
    def folder(self) -> Path:
        return Path(self.settings.data.folder)

    async def until(self, condition: Callable[[], Awaitable[T] | T], what: str, within: float = 20.0) -> T:
        """Wait until the condition is true, and return what it gave. A service that is away makes it false.

        Raises AssertionError that says what did not happen, with the end of the processes' log.
        """
        last: object = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while True:
                    try:
                        found = condition()
                        last = await found if isinstance(found, Awaitable) else found
                        if last:
                            return last  # type: ignore[return-value]
                    except AssertionError:
                        raise
                    except Exception as error:
                        last = error
                    await asyncio.sleep(0.05)
        raise AssertionError(f"within {within:g} s it did not happen that {what}; last seen: {last!r}\n{self.log()}")

    def log(self) -> str:
        """The end of what all processes of the site said."""
        if not self._log.exists():
            return "--- the processes' log is gone with the site"
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if "migrated" not in line]
        return "\n".join(["--- the processes' log", *lines[-LOG_LINES:]])

    def pid(self, *arguments: str) -> int:
        """Process id of `sentralbord` with these arguments ("media", "--number", "1"); 0: it does not run."""
        for child in self._process.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.cmdline()[-len(arguments) :] == list(arguments) and child.status() != psutil.STATUS_ZOMBIE:
                    return child.pid
        return 0

    async def media_now(self) -> list[Announcement]:
        """The media processes that announce themselves."""
        return await announced(self.redis)

    def stop(self) -> None:
        """Tell `sentralbord up` to stop, as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def runs(self) -> bool:
        """Whether `sentralbord up` has not ended."""
        return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE

    async def kill(self, *arguments: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a process of the site; returns the process id that it had."""
        pid = self.pid(*arguments)
        assert pid, f"{arguments} does not run\n{self.log()}"
        os.kill(pid, with_signal)
        return pid

    async def restarted(self, number: int, old: int, within: float = 40.0) -> Announcement:
        """The `number`th media process, once it takes calls with another process id than `old`."""
        name = self.media[number - 1].name

        async def found() -> Announcement | None:
            return next((m for m in await self.media_now() if m.name == name and m.pid != old and not m.draining), None)

        return await self.until(found, f"{name} takes calls again", within)

    def postgres_pid(self) -> int:
        """Process id of the PostgreSQL server; 0: it does not run."""
        for process in psutil.process_iter(["name", "cmdline"]):
            if process.info["name"] == "postgres" and str(self.folder) in " ".join(process.info["cmdline"] or ()):
                return process.pid
        return 0

    def redis_pid(self) -> int:
        """Process id of the Redis server; 0: it does not run."""
        with contextlib.suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            pid = int((self.folder / "redis" / "redis.pid").read_text())
            if "redis-server" in psutil.Process(pid).name():
                return pid
        return 0

    async def is_idle(self) -> bool:
        """Nothing is left over in any media process: no call, no leg, no fault in a callback."""
        found = await self.media_now()
        faults = [f"{m.name}: {m.callback_errors} faults in callbacks" for m in found if m.callback_errors]
        assert not faults, f"{faults}\n{self.log()}"
        return len(found) == len(self.media) and all(m.calls == m.legs == 0 for m in found)

    async def rejected(self) -> list[str]:
        """What the projection has set aside, and why."""
        return [f"{entry[b'why'].decode()}: {entry[b'e'].decode()}" for _, entry in await self.redis.xrange(REJECTED)]

    async def _ready(self) -> None:
        processes = self.settings.media.processes

        async def media() -> list[Announcement]:
            found = await self.media_now()
            return found if len(found) == processes else []

        async def projector() -> bool:
            return any(group["name"] == GROUP.encode() for group in await self.redis.xinfo_groups(STREAM))

        async def web() -> bool:
            _, writer = await asyncio.open_connection(self.settings.web.host, self.settings.web.port)
            writer.close()
            return True

        self.media = tuple(await self.until(media, f"{processes} media processes take calls", START_SECONDS))
        await self.until(projector, "a worker projects the journal", START_SECONDS)
        await self.until(web, "the web process answers", START_SECONDS)

    async def _takes_calls(self) -> None:
        """Wait until every media process knows the trunk: strangers are refused (403), its callers are served."""
        for media in self.media:
            with Socket(media.sip_address) as line:

                async def known(line: Socket = line) -> bool:
                    return await line.invite(UNKNOWN) == 404

                await self.until(known, f"{media.name} knows the trunk")


@asynccontextmanager
async def started(
    network: SimulatedNetwork, *, processes: int = 2, settings: dict[str, object] | None = None
) -> AsyncIterator[Site]:
    """An installation with a trunk to `network`; `settings` are those that differ: {"data__redis_url": …}."""
    folder = Path(tempfile.mkdtemp(prefix="sb-e2e-", dir=MEMORY))
    environment = _environment(folder, processes, settings or {})
    log = folder / "up.log"
    with log.open("wb") as file:
        up = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "core", "up",
            env=environment, cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    site = Site(environment, network, psutil.Process(up.pid), log)
    try:
        async with open_installation(site.settings) as site.installation:
            await site._ready()
            host, _, port = network.sip.rpartition(":")
            await put_trunk(Trunk(id=uuid4(), name="network", host=host, port=int(port)))
            await site._takes_calls()
            yield site
    finally:
        if up.returncode is None:
            up.terminate()
        try:
            async with asyncio.timeout(60):
                await up.wait()
        except TimeoutError:
            up.kill()
            await up.wait()
            raise AssertionError(f"sentralbord up did not stop\n{site.log()}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    assert up.returncode == 0, f"sentralbord up ended with {up.returncode}"


@asynccontextmanager
async def media_elsewhere(site: Site, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The first media process of another machine that has the same data services, and `folder` for its data."""
    environment = site.environment | {
        "SENTRALBORD_DATA__FOLDER": str(folder),
        "SENTRALBORD_MEDIA__SIP_PORT": str(_free_ports(1)),
    }
    media = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "core", "media", "--number", "1", env=environment, cwd=ROOT
    )  # fmt: skip
    try:
        yield media
    finally:
        if media.returncode is None:
            media.kill()
        await media.wait()


def _environment(folder: Path, processes: int, others: dict[str, object]) -> dict[str, str]:
    """The environment of all processes: settings of this site and of nobody else."""
    settings = {
        "data__folder": folder,
        "web__host": HOST,
        "web__port": _free_ports(1),
        "media__processes": processes,
        "media__sip_host": HOST,
        "media__sip_port": _free_ports(processes),
        "media__rtp_port": block(),
        "media__rtp_ports": RTP_PORTS,
        "media__max_calls": 60,
        "media__worker_threads": 2,
        **others,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SENTRALBORD_")}
    return kept | {f"SENTRALBORD_{key}".upper(): str(value) for key, value in settings.items()}


def _free_ports(number: int) -> int:
    """First of `number` ports in a row that are free over UDP and TCP now."""
    while True:
        first = block() + random.randrange(OTHER_PORTS, BLOCK - number)
        if all(_is_free(port) for port in range(first, first + number)):
            return first


def _is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind((HOST, port))
    except OSError:
        return False
    return True
