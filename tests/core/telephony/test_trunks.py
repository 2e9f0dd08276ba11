"""Trunks: who may call in, which one takes a call out, registration, numbers and caller's number."""

import asyncio
import ipaddress
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from core.calls.events import Cause, LegRole
from core.calls.ports import LegState
from core.telephony.numbers import NumberFormat
from core.telephony.trunks import Line, Lines, Transport, Trunk, TrunkMode, networks_of
from tests.core.telephony.conftest import Exchange, Sipp, free_port

Start = Callable[..., Awaitable[Sipp]]


def trunk(**settings: object) -> Trunk:
    """A trunk of this machine."""
    return Trunk(**({"id": uuid4(), "name": "a", "host": "127.0.0.1"} | settings))  # type: ignore[arg-type]


async def test_a_call_goes_out_over_the_first_trunk_with_its_number_format_and_our_number(
    exchange: Exchange, sipp: Start
) -> None:
    carrier = await sipp(
        "uas_answers", number="004790000001", caller="22000000", asserted="P-Asserted-Identity: .sip:.4722000000@"
    )
    await exchange.allow(port=carrier.port, number_format=NumberFormat.INTERNATIONAL, priority=1)
    leg = await exchange.dial("+4790000001", kind="number", role=LegRole.OUTSIDE)
    assert await asyncio.wait_for(leg.until(LegState.ANSWERED), 5) is LegState.ANSWERED
    assert leg.line is not None
    assert leg.line.calls == 1
    line = leg.line
    await leg.hang_up()
    assert line.calls == 0
    await carrier.ends_well()


async def test_a_withheld_number_goes_out_anonymous(exchange: Exchange, sipp: Start) -> None:
    carrier = await sipp("uas_answers", number=".4790000001", caller="anonymous.invalid", asserted="Privacy: id")
    await exchange.allow(port=carrier.port, priority=1)
    leg = await exchange.dial("+4790000001", kind="number", presentation="")
    assert await asyncio.wait_for(leg.until(LegState.ANSWERED), 5) is LegState.ANSWERED
    await leg.hang_up()
    await carrier.ends_well()


async def test_a_trunk_over_tcp(exchange: Exchange, sipp: Start) -> None:
    carrier = await sipp("uas_answers", tcp=True, number="22334455", caller="22000000", asserted="SIP/2.0/TCP")
    await exchange.allow(port=carrier.port, priority=1, transport=Transport.TCP, number_format=NumberFormat.NATIONAL)
    leg = await exchange.dial("+4722334455", kind="number")
    assert await asyncio.wait_for(leg.until(LegState.ANSWERED), 5) is LegState.ANSWERED
    await leg.hang_up()
    await carrier.ends_well()


@pytest.mark.parametrize(("trusted", "cause"), [(True, Cause.BUSY), (False, Cause.UNREACHABLE)])
async def test_a_trunk_over_tls_must_show_a_certificate_that_we_trust(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, cause: Cause
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=carrier -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*command.split(), *files], check=True, capture_output=True)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(_busy, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await exchange.allow(port=port, priority=1, transport=Transport.TLS)
        leg = await exchange.dial("+4790000001", kind="number")
        assert await asyncio.wait_for(leg.until(LegState.ENDED), 10) is LegState.ENDED
    assert leg.ending is not None
    assert leg.ending.cause is cause


async def _busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A SIP server that answers every INVITE with 486."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    kept = [line for line in request.split("\r\n") if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
    response = "\r\n".join(["SIP/2.0 486 Busy Here", *kept, "Content-Length: 0", "", ""])
    writer.write(response.encode())
    await writer.drain()


async def test_the_next_trunk_takes_over_when_one_refuses_or_is_deaf(
    exchange: Exchange, sipp: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.telephony.switch.TRUNK_RESPONSE", 0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        refusing = await sipp("uas_refuses", first="100", code="503")
        carrier = await sipp("uas_answers", number=".4790000001", caller="22000000", asserted="SIP/2.0")
        await exchange.allow(name="refuses", port=refusing.port, priority=1)
        await exchange.allow(name="deaf", port=deaf.getsockname()[1], priority=2)
        good = await exchange.allow(name="works", port=carrier.port, priority=3)
        leg = await exchange.dial("+4790000001", kind="number")
        assert await asyncio.wait_for(leg.until(LegState.ANSWERED), 10) is LegState.ANSWERED
        assert leg.line is not None
        assert leg.line.trunk == good
        assert [line.calls for line in exchange.engine.lines.ordered()] == [0, 0, 1, 0]
        await leg.hang_up()
        await refusing.ends_well()
        await carrier.ends_well()
    assert exchange.journal.kinds().count("leg.created") == 1


async def test_a_busy_party_is_not_tried_over_another_trunk(exchange: Exchange, sipp: Start) -> None:
    first = await sipp("uas_refuses", first="100", code="486")
    await exchange.allow(port=first.port, priority=1)
    leg = await exchange.dial("+4790000001", kind="number")
    assert await asyncio.wait_for(leg.until(LegState.ENDED), 5) is LegState.ENDED
    assert leg.ending is not None
    assert leg.ending.cause is Cause.BUSY
    await first.ends_well()


async def test_without_a_usable_trunk_the_leg_ends_at_once_and_says_so(exchange: Exchange) -> None:
    for line in exchange.engine.lines.ordered():
        await exchange.engine.remove_trunk(line.trunk.id)
    leg = await exchange.dial("+4790000001", kind="number")
    assert leg.ending is not None
    assert leg.ending.cause is Cause.UNREACHABLE
    assert "no trunk" in leg.ending.detail


@pytest.mark.parametrize(("secret", "usable"), [("right", True), ("wrong", False)])
async def test_a_registered_trunk_is_usable_once_its_registrar_agreed(
    exchange: Exchange, sipp: Start, secret: str, usable: bool
) -> None:
    registrar = await sipp("uas_registrar", username="company", secret="right")
    await exchange.allow(
        port=registrar.port, mode=TrunkMode.REGISTRATION, username="company", secret=secret, priority=1, max_calls=10
    )
    line = exchange.engine.lines.ordered()[0]
    assert not line.usable
    await registrar.ends_well()
    for _ in range(50):
        if line.usable == usable:
            break
        await asyncio.sleep(0.05)
    assert line.usable == usable


async def test_ports_for_trunks_with_credentials_run_out_with_an_explanation(exchange: Exchange) -> None:
    with pytest.raises(ValueError, match=r"max_calls = 900 needs 1800 RTP ports .* raise media.rtp_ports"):
        await exchange.allow(username="a", secret="b", max_calls=900, port=free_port())


def test_a_registered_trunk_needs_a_username() -> None:
    with pytest.raises(ValueError, match="needs a username"):
        trunk(mode=TrunkMode.REGISTRATION)


async def test_a_source_belongs_to_the_trunk_of_its_host_or_allowed_network() -> None:
    lines = Lines()
    one = trunk(name="one", host="192.0.2.1", allowed=("198.51.100.0/24",), priority=1)
    two = trunk(name="two", host="192.0.2.1", priority=2)
    for each in (two, one):
        lines.put(Line(each, await networks_of(each)))
    found = lines.of_source("192.0.2.1:5060")
    assert found is not None
    assert found.trunk == one
    assert lines.of_source("198.51.100.77:1024") is not None
    assert lines.of_source("198.51.101.1:5060") is None
    assert lines.of_source("nonsense") is None
    lines.remove(one.id)
    assert lines.of_source("198.51.100.77:1024") is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"allowed": ("10.0.0.0/99",)}, "allowed = '10.0.0.0/99' is not"),
        ({"host": "no.such.invalid"}, "has no address"),
    ],
)
async def test_a_wrong_address_is_explained(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        await networks_of(trunk(**settings))


def test_lines_are_tried_by_priority_and_only_while_they_have_room() -> None:
    lines = Lines()
    first, second = Line(trunk(name="b", priority=1, max_calls=1), ()), Line(trunk(name="a", priority=2), ())
    lines.put(second)
    lines.put(first)
    assert lines.outgoing() == [first, second]
    first.calls = 1
    assert lines.outgoing() == [second]
    second.registered = False
    assert lines.outgoing() == []


@pytest.mark.parametrize(
    ("uri", "outside"),
    [
        ("sip:+88213123456@192.0.2.1", True),
        ("sip:0088213123456;phone-context=x@192.0.2.1:5099;transport=tcp", True),
        ("sip:%2B88213123456@192.0.2.1", True),
        ("sip:0088213123456@CARRIER.example", True),
        ("sip:0088213123456@3221225985", True),  # 192.0.2.1 as one number
        ("sip:0088213123456@localhost", True),
        ("sip:1001@192.0.2.1", False),
        ("sip:kari@192.0.2.1", False),
        ("sip:0088213123456@198.51.100.7", False),
        ("sip:0088213123456@nowhere.invalid", False),
    ],
)
async def test_a_devices_address_that_is_a_number_at_a_trunk_is_an_outside_call(uri: str, outside: bool) -> None:
    lines = Lines()
    networks = (ipaddress.ip_network("192.0.2.0/28"), ipaddress.ip_network("127.0.0.1/32"))
    lines.put(Line(trunk(host="carrier.example"), networks))
    assert await lines.reached_by(uri) is outside


@pytest.mark.parametrize("uri", ["sip:kari@192.0.2.1\n", "sip:kari@192.0.2.1?Route=%3Csip:x%3E", "sip:a b@x"])
async def test_a_devices_address_carries_no_headers_or_line_ends(exchange: Exchange, uri: str) -> None:
    leg = await exchange.dial(uri)
    assert leg.ending is not None
    assert leg.ending.cause is Cause.UNREACHABLE
