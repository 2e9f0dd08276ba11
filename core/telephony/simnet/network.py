"""The simulated network's process: takes requests on a control socket and runs the legs."""

import asyncio
import contextlib
import itertools
import os
import re
import socket
from collections import Counter
from functools import partial
from pathlib import Path

import msgspec

from core.telephony.accounts import Account, open_account
from core.telephony.endpoint import Endpoint
from core.telephony.options import PCMA, PCMU, EndpointOptions
from core.telephony.simnet.agent import STATIC_PAYLOADS
from core.telephony.simnet.leg import Exchange, NetworkLeg
from core.telephony.simnet.protocol import (
    LINE_LIMIT,
    AnyRequest,
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
from core.telephony.simnet.speech import Voice

NOT_FOUND = 404
ANYBODY = "*"


class Network:
    """Real SIP user agents that call and are called, on one endpoint and one UDP port."""

    def __init__(self, options: EndpointOptions, folder: Path) -> None:
        self._endpoint = Endpoint(options)
        self._exchange = Exchange(self._endpoint, folder, Voice(folder), self._tell)
        self._callees: dict[str, Callee] = {}
        self._counts: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._legs: dict[int, NetworkLeg] = {}
        self._live: set[int] = set()
        self._encoder = msgspec.json.Encoder()
        self._writer: asyncio.StreamWriter

    async def run(self, control: socket.socket) -> None:
        """Serve until the client quits or is gone."""
        reader, self._writer = await asyncio.open_connection(sock=control, limit=LINE_LIMIT)
        await self._endpoint.start()
        self._exchange.account = await self._endpoint.do(self._open_account)
        decoder = msgspec.json.Decoder(AnyRequest)
        try:
            async for line in reader:
                request = decoder.decode(line)
                reply = await self._reply(request)
                self._send(reply)
                if isinstance(request, Quit):
                    return
        finally:
            await self._endpoint.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()
                self._writer.close()

    def _open_account(self) -> Account:
        """One account takes every call, whatever its number; on the command thread."""
        account = Account(self._endpoint, self._incoming)
        config = open_account(self._endpoint.options)
        config.sipConfig.transportId = self._endpoint.udp
        account.create(config, True)
        self._endpoint.keep(account)
        return account

    async def _reply(self, request: AnyRequest) -> Reply:
        reply = Reply(id=request.id)
        match request:
            case PlaceCall():
                reply.error = _problem(request)
                reply.leg = 0 if reply.error else self._place(request)
            case Register(callee=callee):
                self._callees[callee.address] = callee
            case HangUpLeg(leg=number) if number in self._legs:
                await self._legs[number].hang_up()
            case GetReport(leg=number) if number in self._legs:
                reply.report = await self._legs[number].so_far()
            case HangUpLeg(leg=number) | GetReport(leg=number):
                reply.error = f"there is no leg {number}"
            case GetStatus():
                reply.status = self._status()
        return reply

    def _place(self, request: PlaceCall) -> int:
        leg = self._new_leg(request.caller, False, number=request.caller.number, other=request.to)
        leg.place(request.targets)
        return leg.report.leg

    def _incoming(self, account: Account, call_id: int, invite: str, source: str) -> None:
        """Told by the account, in a native thread: the call must be taken before this returns."""
        called = _found(r"^INVITE sips?:([^@;>\s]+)@", invite)
        callee = self._callee(called)
        other = _found(r"^(?:From|f):[^\r\n]*?sips?:([^@;>\s]+)@", invite)
        name = _found(r'^(?:From|f):\s*"([^"]*)"', invite)
        sip_call_id = _found(r"^(?:Call-ID|i):\s*(\S+)", invite)
        leg = self._new_leg(callee or Callee(address=called, listen=False), True, number=called, other=other)
        leg.report.other_name, leg.report.sip_call_id = name, sip_call_id
        call = leg.new_call()
        call.take(account, call_id)
        self._endpoint.tell(leg.take if callee else partial(leg.refuse, code=NOT_FOUND), call)

    def _callee(self, called: str) -> Callee | None:
        """The script of an address, for this call."""
        callee = self._callees.get(called) or self._callees.get(ANYBODY)
        if callee is None or callee.listen_every == 1:
            return callee
        self._counts[callee.address] += 1
        return msgspec.structs.replace(callee, listen=self._counts[callee.address] % callee.listen_every == 0)

    def _new_leg(self, party: Caller | Callee, incoming: bool, *, number: str, other: str) -> NetworkLeg:
        # Called in native threads too: a count is atomic, the length of a dictionary plus one is not.
        report = Report(leg=next(self._numbers), incoming=incoming, number=number, other=other)
        leg = self._legs[report.leg] = NetworkLeg(self._exchange, party, report)
        return leg

    def _status(self) -> Status:
        options = self._endpoint.options
        return Status(
            sip=f"{options.sip_host}:{self._endpoint.sip_port}",
            pid=os.getpid(),
            legs=len(self._live),
            errors=self._endpoint.callback_errors + self._exchange.failures,
        )

    def _tell(self, what: str, report: Report) -> None:
        if what == "ended":
            self._live.discard(report.leg)
        else:
            self._live.add(report.leg)
        self._send(Moment(what=what, at=asyncio.get_running_loop().time(), report=report))

    def _send(self, message: Reply | Moment) -> None:
        if not self._writer.is_closing():
            self._writer.write(self._encoder.encode(message) + b"\n")


def options_for(host: str, port: int, max_legs: int, rtp_port: int, workers: int, lose_percent: int) -> EndpointOptions:
    """The endpoint of a simulated network: narrow-band only, so that nothing is resampled."""
    return EndpointOptions(
        name="Simulated network",
        sip_host=host,
        sip_port=port,
        rtp_port=rtp_port,
        rtp_ports=min(4 * max_legs + 100, 65000 - rtp_port),
        max_legs=max_legs,
        clock_rate=8000,
        codecs=(PCMU, PCMA),
        worker_threads=workers,
        lose_sent_percent=lose_percent,
    )


def _problem(request: PlaceCall) -> str:
    """Why a call cannot be placed, or ""."""
    unknown = set(request.caller.codecs) - set(STATIC_PAYLOADS)
    if unknown:
        return f"caller.codecs: unknown {', '.join(sorted(unknown))}; allowed: {', '.join(STATIC_PAYLOADS)}"
    if not request.targets:
        return "targets: empty; give at least one host:port"
    return ""


def _found(pattern: str, message: str) -> str:
    found = re.search(pattern, message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""
