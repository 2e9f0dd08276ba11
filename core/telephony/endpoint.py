"""The SIP and media engine of a process: pjsua2, its settings, and the one Python thread that may touch it."""

import asyncio
import contextlib
import functools
import heapq
import itertools
import logging
import queue
import resource
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pjsua2 as pj
from msgspec import Struct

from core.telephony.build import BuildProblem, check_build
from core.telephony.options import SPARE_CALLS, EndpointOptions, library_config, raise_file_limit

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

CLOSED = "the endpoint has been closed"
GRACE = 1.0
"""Seconds that a pj object is kept after its last use: a callback of it may still be on its way."""
_in_use = threading.Lock()
"""Held while an endpoint is open."""
REFERENCES = 3
"""References to an object that only _free() knows: the timer's, its own and that of the question."""


class Load(Struct, frozen=True):
    """What the endpoint carries now."""

    legs: int
    objects: int
    """pj objects kept alive: calls, players, recorders."""
    memory: int
    """Resident memory of the process, bytes."""
    callback_errors: int
    commands: int
    """Commands waiting for the command thread."""


class TelephonyFailed(RuntimeError):
    """pjsua2 refused a command; the message says which and why."""


class Endpoint:
    """pjsua2 with native worker threads and one Python command thread.

    asyncio gives work to the command thread with do() and later(); callbacks of pj objects run in native threads,
    stay short and hand over with `loop.call_soon_threadsafe`. A process can have one endpoint at a time.
    """

    def __init__(self, options: EndpointOptions) -> None:
        self.options = options
        self.loop: asyncio.AbstractEventLoop
        self.library: pj.Endpoint
        self.sip_port = options.sip_port
        self.udp = self.tcp = -1
        """Transport ids."""
        self.callback_errors = 0
        self._jobs: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...], asyncio.Future[Any] | None]]
        self._jobs = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._kept: dict[int, object] = {}
        self._thread = threading.Thread(target=self._run, name="telephony", daemon=True)
        self._opened = self._stopping = self._tls = False
        self.lingers = False
        """Somebody may answer what is sent at the end: it waits a second for that."""
        self._at_close: list[Callable[[], None]] = []
        self.on_rejected: Callable[[int, str, str], None] = lambda code, message, source: None
        """Told, in a native thread, of an INVITE that the library refused by itself: code, message, source."""

    async def start(self) -> None:
        """Start the engine. Raises BuildProblem or TelephonyFailed with the remedy."""
        check_build(self.options.max_legs, SPARE_CALLS)
        raise_file_limit(self.options.max_legs)
        # Native threads wait for the interpreter in callbacks: let them have it soon.
        sys.setswitchinterval(0.001)
        self.loop = asyncio.get_running_loop()
        self._thread.start()
        try:
            await self.do(self._open)
        except BaseException:
            await self._end()
            raise

    async def close(self) -> None:
        """Hang up everything, free every pj object and end the threads. This object cannot be started again."""
        if not self._thread.is_alive():
            return
        self.lingers |= self.load().legs > 0
        await self._end()

    async def _end(self) -> None:
        await self.do(self._stop)
        await asyncio.to_thread(self._thread.join)

    async def do(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Run `function` on the command thread and return its result.

        Raises what it raises; a pj error comes as TelephonyFailed, and so does the end of the endpoint.
        """
        if self._stopping:
            raise TelephonyFailed(CLOSED)
        future: asyncio.Future[Result] = self.loop.create_future()
        self._jobs.put((function, arguments, future))
        return await future

    def later(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Run `function` on the command thread; from any thread. What it raises is logged and counted."""
        self._jobs.put((function, arguments, None))

    def after(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> None:
        """Run `function` on the command thread after `seconds`. Only from the command thread."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), function, arguments))

    def at_close(self, function: Callable[[], None]) -> None:
        """Have `function` run on the command thread before the library ends: it drops its pj objects there."""
        self._at_close.append(function)

    def tell(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Run `function` on the event loop; from any thread, a callback for instance."""
        try:
            self.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            logger.debug("the event loop has ended: %s is not told", function)

    def keep(self, thing: object) -> None:
        """Keep a pj object alive until release(): a dropped pj.Call hangs up whoever has its number by then."""
        self._kept[id(thing)] = thing

    def release(self, thing: object, grace: float = GRACE) -> None:
        """Free a kept pj object on the command thread, once no callback of it can be running any more."""
        if self._kept.pop(id(thing), None) is not None:
            self.later(self._bury, thing, grace)

    def failed(self, where: str) -> None:
        """Count and log the exception being handled: pjsua2 itself would print and swallow it."""
        self.callback_errors += 1
        logger.exception("telephony: %s failed", where)

    def load(self) -> Load:
        """What the endpoint carries now; cheap, from any thread."""
        legs = sum(isinstance(thing, pj.Call) for thing in list(self._kept.values()))
        return Load(legs, len(self._kept), _resident(), self.callback_errors, self._jobs.qsize())

    # What follows runs on the command thread.

    def _run(self) -> None:
        while not self._stopping:
            wait = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
            with contextlib.suppress(queue.Empty):
                self._perform(*self._jobs.get(timeout=wait))
            while self._timers and self._timers[0][0] <= time.monotonic():
                self._perform(*heapq.heappop(self._timers)[2:], None)
        while not self._jobs.empty():
            _, _, future = self._jobs.get()
            if future is not None:
                self.tell(_fail, future, TelephonyFailed(CLOSED))

    def _bury(self, thing: object, grace: float) -> None:
        self.after(grace, self._free, thing)

    def _free(self, thing: object) -> None:
        """Let the last reference go here, on the command thread; if there are others, try again later."""
        if sys.getrefcount(thing) > REFERENCES:
            self.after(GRACE, self._free, thing)

    def _perform(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], future: asyncio.Future[Any] | None
    ) -> None:
        try:
            result = function(*arguments)
        except Exception as error:
            if future is None:
                self.failed(getattr(function, "__qualname__", repr(function)))
                return
            if isinstance(error, pj.Error):
                # pj.Error is itself a pj object: it must not travel to another thread.
                error = TelephonyFailed(f"{getattr(function, '__qualname__', function)}: {error.reason}")
            self.tell(_fail, future, error)
        else:
            if future is not None:
                self.tell(resolve, future, result)

    def _open(self) -> None:
        options = self.options
        if not _in_use.acquire(blocking=False):
            raise TelephonyFailed("another endpoint is open in this process: close it first, or use a second process")
        self.library = _Library(self)
        self._opened = True
        self.library.libCreate()
        self.library.libInit(library_config(options))
        self.library.audDevManager().setNullDev()
        self.udp, self.tcp = self._transports()
        self.library.libStart()
        available = {codec.codecId.rsplit("/", 1)[0]: codec.codecId for codec in self.library.codecEnum2()}
        for codec_id in available.values():
            self.library.codecSetPriority(codec_id, 0)
        for rank, name in enumerate(options.codecs):
            if name not in available:
                raise BuildProblem(f"codec {name!r} is not in this build; allowed: {', '.join(sorted(available))}")
            self.library.codecSetPriority(available[name], 255 - rank)
        logger.info(
            "pjsua2 %s: up to %d legs, %s, SIP on %s:%d (UDP, TCP), RTP %d–%d, bridge at %d Hz, %d worker threads",
            self.library.libVersion().full, options.max_legs, ", ".join(options.codecs), options.sip_host,
            self.sip_port, options.rtp_port, options.rtp_port + options.rtp_ports - 1, options.clock_rate,
            options.worker_threads,
        )  # fmt: skip

    def _transports(self) -> tuple[int, int]:
        """UDP and TCP on one port number; a port chosen by the system may be taken for TCP, so try again."""
        config = pj.TransportConfig()
        config.boundAddress = self.options.sip_host
        config.publicAddress = self.options.public_address
        for attempt in range(10):
            config.port = self.options.sip_port
            try:
                udp = self.library.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)
            except pj.Error as error:
                raise self._occupied("UDP", error.reason) from None
            self.sip_port = int(self.library.transportGetInfo(udp).localName.rsplit(":", 1)[1])
            config.port = self.sip_port
            try:
                return udp, self.library.transportCreate(pj.PJSIP_TRANSPORT_TCP, config)
            except pj.Error as error:
                self.library.transportClose(udp)
                if self.options.sip_port or attempt == 9:
                    raise self._occupied("TCP", error.reason) from None
        raise AssertionError

    def open_tls(self) -> None:
        """Be able to call over TLS, where the other side shows a certificate that this machine (SSL_CERT_FILE) trusts.

        Only from the command thread; once is enough.
        """
        if not self._tls:
            config = pj.TransportConfig()
            config.boundAddress = self.options.sip_host
            config.tlsConfig.verifyServer = True
            config.tlsConfig.CaListFile = ssl.get_default_verify_paths().cafile or ""
            self.library.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
            self._tls = True

    def _occupied(self, transport: str, reason: str) -> TelephonyFailed:
        where = f"{self.options.sip_host}:{self.options.sip_port}"
        return TelephonyFailed(
            f"media.sip_host, media.sip_port: no SIP over {transport} on {where}: {reason}; choose a free port"
        )

    def _stop(self) -> None:
        self._stopping = True
        if not self._opened:
            return
        # Threads end before calls, and calls before objects: a thread that has looked up an object for a callback must
        # find it alive, and one that takes new calls holds the locks that hanging up needs.
        self.library.libStopWorkerThreads()
        self.library.hangupAllCalls()
        for function in self._at_close:
            function()
        self._timers.clear()
        self._kept.clear()
        self.library.libDestroy(0 if self.lingers else pj.PJSUA_DESTROY_NO_RX_MSG)
        # Deleted now, whoever still refers to it: a second pj.Endpoint aborts the process.
        pj.Endpoint.__swig_destroy__(self.library)
        del self.library
        _in_use.release()


class _Library(pj.Endpoint):
    """The library, with the one callback of it that we want."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self.endpoint = endpoint

    def onRejectedIncomingCall(self, event: pj.OnRejectedIncomingCallParam) -> None:
        try:
            self.endpoint.on_rejected(int(event.statusCode), event.rdata.wholeMsg, event.rdata.srcAddress)
        except Exception:
            self.endpoint.failed("callback onRejectedIncomingCall")


def callback(method: Callable[..., None]) -> Callable[..., None]:
    """Guard a pj callback of an object that has an `endpoint`: an exception is logged and counted, not lost."""

    @functools.wraps(method)
    def guarded(self: Any, *arguments: Any) -> None:
        try:
            method(self, *arguments)
        except Exception:
            self.endpoint.failed(f"callback {method.__qualname__}")

    return guarded


def resolve(future: asyncio.Future[Any], result: Any) -> None:
    """Give a future its result unless it has one; on the event loop."""
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _resident() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
