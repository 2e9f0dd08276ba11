"""What is no call at all: noise on the SIP port, strangers, codecs that nobody has."""

import random

import pytest

from core.calls.events import Cause, LegMediaUp
from tests.e2e.company import CALLER_HERTZ, goes_on
from tests.e2e.conftest import Founder
from tests.e2e.sip import PROBE, UNKNOWN, Socket
from tests.e2e.site import Site

G729 = "m=audio 40000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n"
VIDEO = "m=video 40000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"


def noise(line: Socket, dialled: str) -> dict[str, list[bytes]]:
    """Things that no SIP element should be sent."""
    generator = random.Random(7)  # noise, not a secret
    invite = line.message("INVITE", dialled, "noise", caller=PROBE, body=line.description())
    head, _, body = invite.partition(b"\r\n\r\n")
    return {
        "random bytes": [generator.randbytes(generator.randrange(1, 1500)) for _ in range(200)],
        "empty datagrams": [b"", b"\r\n", b"\r\n\r\n", b"\0" * 64],
        "cut off": [invite[:length] for length in range(10, len(invite), 17)],
        "64 kB": [b"INVITE sip:" + b"a" * 65000, invite.replace(b"Max-", b"X-Long: " + b"b" * 64000 + b"\r\nMax-")],
        "wrong Content-Length": [
            head.replace(f"Content-Length: {len(body)}".encode(), b"Content-Length: " + length) + b"\r\n\r\n" + body
            for length in (b"0", b"1", b"99999", b"-1", b"x", b"")
        ],
        "no headers": [b"INVITE sip:%b SIP/2.0\r\n\r\n" % dialled.encode(), b"SIP/2.0 200 OK\r\n\r\n"],
        "not UTF-8": [invite.replace(b"From: <sip:+4790009999", b'From: "\xff\xfe\xc3" <sip:\xff\xfe')],
        "wrong SDP": [
            line.message("INVITE", dialled, f"sdp{number}", caller=PROBE, body=body)
            for number, body in enumerate(("v=0\r\nm=audio x RTP/AVP\r\n", "hello", "v=0\r\n" * 500))
        ],
        "BYE and ACK of nobody": [
            line.message(method, dialled, f"nobody{method}", caller=PROBE)
            for method in ("BYE", "ACK", "CANCEL", "NOPE")
        ],
    }


async def test_noise_on_the_sip_port_disturbs_no_call(company: Founder, site: Site) -> None:
    acme = await company()
    kari = acme.members[0]
    await kari.answers()
    call = await acme.call()
    await call.until(LegMediaUp, nth=2)

    with Socket(site.media[0].sip_address) as line:
        for kind, datagrams in noise(line, UNKNOWN).items():
            for datagram in datagrams:
                line.send(datagram)
            await goes_on(call.leg, kari.hertz)
            assert await line.invite(acme.silent_number) == 480, f"after {kind} a proper INVITE is not answered"

    await goes_on(await kari.rings(), CALLER_HERTZ)
    await call.hang_up()
    story = await call.over(Cause.CALLER_HUNG_UP)
    assert [part["how"] for part in story.parts] == ["caller_hung_up"]
    assert (await site.media_now())[0].pid == site.media[0].pid


@pytest.mark.parametrize("sdp", [G729, VIDEO], ids=["G729", "video only"])
async def test_a_caller_without_a_codec_that_we_have_is_refused(company: Founder, site: Site, sdp: str) -> None:
    acme = await company()

    with Socket(site.media[0].sip_address) as line:
        status = await line.invite(acme.number, caller="+4790008888", sdp=sdp)

    assert status == 488
    story = await acme.ended("+4790008888", Cause.INCOMPATIBLE_MEDIA)
    assert (story.call["sip_code"], story.call["answered_at"], story.call["status"]) == (488, None, "ended")


async def test_a_stranger_is_refused(company: Founder, site: Site) -> None:
    acme = await company()

    with Socket(site.media[0].sip_address, host="127.0.0.2") as line:
        status = await line.invite(acme.number, caller="+4790007777")

    assert status == 403
    assert await acme.journal("+4790007777") == []
