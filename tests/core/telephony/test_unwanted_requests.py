"""Requests that would have the library call, answer or keep state for others by itself: all are refused."""

import asyncio
import re
import socket

from core.calls.ports import LegState
from core.telephony.legs import PjLeg
from tests.core.telephony.conftest import Exchange

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class Phone:
    """A UDP socket that speaks just enough SIP."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.number = 0

    def send(
        self, method: str, uri: str, *headers: str, call: str = "one", to: str = "<sip:1@a>", body: str = ""
    ) -> None:
        self.number += 1
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{self.port}x{self.number}",
            "Max-Forwards: 70",
            f"From: <sip:+4790000009@127.0.0.1>;tag={call}",
            f"To: {to}",
            f"Call-ID: {call}-{self.port}",
            f"CSeq: {self.number} {method}",
            f"Contact: <sip:me@127.0.0.1:{self.port}>",
            *headers,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.socket.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def final(self, method: str) -> str:
        """The final response to `method`."""
        while True:
            got = (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 65535), 5)).decode()
            if re.match("SIP/2.0 [2-6]", got) and re.search(rf"(?im)^CSeq: \d+ {method}", got):
                return got


def header(message: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}:\s*(.*?)\r?$", message)
    assert found is not None
    return found.group(1)


async def in_a_call(exchange: Exchange, phone: Phone) -> tuple[PjLeg, str, str]:
    """The phone's call is answered: its leg, our To with its tag, our Contact."""
    phone.send("INVITE", f"sip:+4722334455@127.0.0.1:{exchange.port}", body=SDP)
    leg, _ = await exchange.incoming()
    answering = asyncio.create_task(leg.answer())
    answer = await phone.final("INVITE")
    ours, contact = header(answer, "To"), header(answer, "Contact").strip("<>")
    phone.number -= 1  # ACK has the number of its INVITE
    phone.send("ACK", contact, to=ours)
    await answering
    return leg, ours, contact


def replaces(phone: Phone, ours: str) -> str:
    """A header that wants the phone's call replaced (RFC 3891)."""
    return f"Replaces: one-{phone.port};to-tag={ours.partition('tag=')[2]};from-tag=one"


async def test_who_is_in_a_call_cannot_have_us_call_or_connect_anybody(exchange: Exchange) -> None:
    phone = Phone(exchange.port)
    leg, ours, contact = await in_a_call(exchange, phone)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.1", 0))
        phone.send("REFER", contact, f"Refer-To: <sip:x@127.0.0.1:{victim.getsockname()[1]}>", to=ours)
        assert (await phone.final("REFER")).startswith("SIP/2.0 403")
        phone.send("INVITE", contact, replaces(phone, ours), call="two", body=SDP)
        assert (await phone.final("INVITE")).startswith("SIP/2.0 403")
        victim.setblocking(False)
        assert leg.state is LegState.ANSWERED
        try:
            called = victim.recv(100)
        except BlockingIOError:
            called = b""
        assert called == b""
    assert exchange.came.empty()
    await leg.hang_up()


async def test_a_call_that_we_have_hung_up_cannot_be_replaced_before_its_bye_is_answered(exchange: Exchange) -> None:
    phone = Phone(exchange.port)
    leg, ours, contact = await in_a_call(exchange, phone)
    await leg.hang_up()
    await exchange.engine.endpoint.do(int)  # the BYE was sent
    phone.send("INVITE", contact, replaces(phone, ours), call="two", body=SDP)
    assert (await phone.final("INVITE")).startswith("SIP/2.0 481")
    assert exchange.came.empty()


async def test_nobody_can_subscribe_to_our_presence(exchange: Exchange) -> None:
    phone = Phone(exchange.port)
    uri = f"sip:sentralbord@127.0.0.1:{exchange.port}"
    phone.send("SUBSCRIBE", uri, "Event: presence", "Expires: 3600", "Accept: application/pidf+xml")
    assert (await phone.final("SUBSCRIBE")).startswith("SIP/2.0 403")


async def test_while_it_starts_even_an_unknown_address_is_told_to_try_again(exchange: Exchange) -> None:
    for line in exchange.engine.lines.ordered():
        await exchange.engine.remove_trunk(line.trunk.id)
    exchange.engine.draining = True
    phone = Phone(exchange.port)
    phone.send("INVITE", f"sip:+4722334455@127.0.0.1:{exchange.port}", body=SDP)
    refused = await phone.final("INVITE")
    assert refused.startswith("SIP/2.0 503")
    assert header(refused, "Retry-After") == "5"
