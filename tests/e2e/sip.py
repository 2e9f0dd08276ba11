"""SIP by hand over UDP: for INVITEs that no telephone would send."""

import asyncio
import re
import socket
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

PCMU = "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
PROBE = "+4790009999"
"""Who calls by hand, unless another caller is named."""
UNKNOWN = "+4729999998"
"""A number that nobody has."""


class Socket:
    """A UDP socket that sends SIP, or anything else, to one address."""

    def __init__(self, target: str, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        address, _, port = target.rpartition(":")
        self._target = address, int(port)
        self.address = "{}:{}".format(*self._socket.getsockname())

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendto(data, self._target)

    async def answer(self, within: float = 5.0) -> str:
        """The next message that comes. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        return (await asyncio.wait_for(loop.sock_recv(self._socket, 65536), within)).decode(errors="replace")

    async def invite(self, dialled: str, *, caller: str = PROBE, sdp: str = PCMU) -> int:
        """The final status of an INVITE that is not meant to be answered; sent again until something comes."""
        number = uuid4().hex
        message = self.message("INVITE", dialled, number, caller=caller, body=self.description(sdp))
        for _ in range(8):
            self.send(message)
            try:
                while True:
                    answer = await self.answer(1.0)
                    status = int(answer.split(" ", 2)[1])
                    if f"Call-ID: {number}" in answer and status >= 200:
                        self._acknowledge(dialled, number, caller, answer)
                        return status
            except TimeoutError:
                continue
        raise TimeoutError(f"no final answer to an INVITE from {self.address} to {dialled}")

    def message(
        self, method: str, dialled: str, number: str, *, caller: str, body: str = "", to_tag: str = ""
    ) -> bytes:
        host, port = self._target
        content = "Content-Type: application/sdp\r\n" if body else ""
        sequence = "1 ACK" if method == "ACK" else f"1 {method}"
        return (
            f"{method} sip:{dialled}@{host}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address};rport;branch=z9hG4bK{number}\r\n"
            f"Max-Forwards: 70\r\n"
            f"From: <sip:{caller}@{self.address}>;tag={number[:8]}\r\n"
            f"To: <sip:{dialled}@{host}:{port}>{to_tag}\r\n"
            f"Call-ID: {number}\r\n"
            f"CSeq: {sequence}\r\n"
            f"Contact: <sip:{caller}@{self.address}>\r\n"
            f"{content}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def description(self, media: str = PCMU) -> str:
        host = self.address.partition(":")[0]
        return f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n{media}"

    def _acknowledge(self, dialled: str, number: str, caller: str, answer: str) -> None:
        found = re.search(r"^To:.*?(;tag=[^\s;]+)", answer, re.MULTILINE | re.IGNORECASE)
        self.send(self.message("ACK", dialled, number, caller=caller, to_tag=found[1] if found else ""))


class Telephone:
    """A telephone by hand: it rings, with `picks_up` it answers (without audio), and keeps every request."""

    def __init__(self, *, picks_up: bool = False) -> None:
        self._picks_up = picks_up
        self._requests: list[str] = []
        self._came = asyncio.Condition()
        self._transport: asyncio.DatagramTransport
        self.uri = ""

    async def __aenter__(self) -> "Telephone":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Wire(self._take), ("127.0.0.1", 0))
        host, port = self._transport.get_extra_info("sockname")
        self.uri = f"sip:desk@{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    async def received(self, method: str, within: float = 15.0) -> str:
        """The first request of this method, when it comes. Raises TimeoutError."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(lambda: any(r.startswith(method) for r in self._requests))
        return next(r for r in self._requests if r.startswith(method))

    async def _take(self, request: str, sender: tuple[str, int]) -> None:
        method = request.partition(" ")[0]
        if method == "INVITE":
            self._respond(request, sender, "180 Ringing")
            if self._picks_up:
                self._respond(request, sender, "200 OK", self.description)
        elif method == "CANCEL":
            self._respond(request, sender, "200 OK")
            invite = next(r for r in self._requests if r.startswith("INVITE"))
            self._respond(invite, sender, "487 Request Terminated")
        elif method == "BYE":
            self._respond(request, sender, "200 OK")
        async with self._came:
            self._requests.append(request)
            self._came.notify_all()

    @property
    def description(self) -> str:
        return f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{PCMU}"

    def _respond(self, request: str, to: tuple[str, int], status: str, body: str = "") -> None:
        kept = re.findall(r"^(?:Via|From|Call-ID|CSeq|Record-Route):.*$", request, re.MULTILINE | re.IGNORECASE)
        called = re.findall(r"^To:.*$", request, re.MULTILINE)
        lines = [line.rstrip() for line in kept] + [
            line.rstrip() if ";tag=" in line else f"{line.rstrip()};tag=desk" for line in called
        ]
        content = ["Content-Type: application/sdp"] if body else []
        head = [f"SIP/2.0 {status}", *lines, f"Contact: <{self.uri}>", *content, f"Content-Length: {len(body)}", ""]
        self._transport.sendto(("\r\n".join(head) + "\r\n" + body).encode(), to)


class _Wire(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[str, tuple[str, int]], Coroutine[Any, Any, None]]) -> None:
        self._take = take
        self._tasks: set[asyncio.Task[None]] = set()

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._take(data.decode(errors="replace"), sender))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
