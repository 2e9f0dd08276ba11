"""Sounds of the library on the line: what was uploaded is heard, and another recording without a change of the flow."""

from typing import Any

from core.audio.service import add_sound, replace_sound, uploaded
from core.calls.events import Cause
from core.data import tenant
from core.telephony.simnet.script import Talk
from core.telephony.simnet.tones import frequency
from tests.core.audio.sounds import encoded, sine
from tests.e2e.conftest import Founder

FIRST, SECOND = frequency(4), frequency(7)


def playing(sound_id: Any) -> dict[str, Any]:
    """A flow that plays a sound and hangs up."""
    nodes = [{"id": "say", "element": "core.message", "settings": {"prompts": [{"sound": str(sound_id)}]}}]
    return {"start": "say", "nodes": nodes}


def recording(hertz: int) -> bytes:
    return encoded(sine(hertz, 2.0, 48000, 0.1), 48000, "FLAC")


async def test_a_caller_hears_the_recording_and_its_replacement(company: Founder) -> None:
    """AUD-1, AUD-3, AUD-6, AUD-9: by frequency, with real SIP and audio."""
    acme = await company()
    with tenant(acme.tenant_id):
        sound = await add_sound("Closed today", await uploaded(recording(FIRST)))
    await acme.publish(playing(sound.id))
    call = await acme.call(Talk())
    report = await call.leg.finished()
    await call.over(Cause.COMPLETED)
    assert report.hears(FIRST)
    assert not report.hears(SECOND)

    with tenant(acme.tenant_id):
        await replace_sound(sound.id, sound.edition, await uploaded(recording(SECOND)))
    await acme.is_routed()
    call = await acme.call(Talk())
    report = await call.leg.finished()
    await call.over(Cause.COMPLETED)
    assert report.hears(SECOND)
    assert not report.hears(FIRST)
