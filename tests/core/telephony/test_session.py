"""What a call's session journals of real keys: the digits that were asked for, but never those of a PIN."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.api.calls import Prompt
from core.audio.cache import PromptCache
from core.audio.library import SoundLibrary
from core.audio.speech import EspeakNg
from core.audio.voices import Voices
from core.calls.events import DigitsCollected, PromptEnded
from core.data import uuid7
from core.flows.elements import BUILT_IN
from core.queues.distributor import Distributor
from core.schedules.current import OpeningHours
from core.telephony.limits import OutgoingPolicy
from core.telephony.routing import Route
from core.telephony.services import MediaServices
from core.telephony.session import CallSession
from tests.core.telephony.conftest import Exchange, Remote

ROUTE = Route(
    tenant_id=UUID(int=5), main_number_id=None, language="en", region="NO", published=None, policy=OutgoingPolicy()
)
LONG = (Prompt(text="Please key in the four digits of your code now, and take all the time that you need for them."),)


@pytest.fixture
async def call(exchange: Exchange, remote: Remote, redis: Redis, tmp_path: Path) -> tuple[Any, int]:
    """The session of an answered call, and the number of its leg at the peer."""
    number = await remote.dial(uri=f"sip:22334455@127.0.0.1:{exchange.port}")
    leg, invite = await exchange.incoming()
    services = MediaServices(
        name="media-1",
        library=SoundLibrary(PromptCache(tmp_path / "prompts", rate=8000), Voices([EspeakNg()])),
        distributor=Distributor(redis, "media-1", lambda *_: pytest.fail("no queue is asked for")),
        hours=OpeningHours(lambda *_: None),
        elements=lambda _: BUILT_IN,
        recordings=tmp_path,
    )
    session = CallSession(leg, invite, ROUTE, exchange.switch, exchange.journal, services, uuid7())
    await session.answer()
    return session, number


@pytest.mark.parametrize(("secret", "told"), [(False, "4711"), (True, "••••")])
@pytest.mark.parametrize("prompts", [(), LONG])
async def test_digits_are_journaled_unless_they_are_secret(
    call: tuple[Any, int], exchange: Exchange, remote: Remote, prompts: tuple[Prompt, ...], secret: bool, told: str
) -> None:
    session, number = call
    collecting = asyncio.create_task(
        session.collect(max_digits=4, first_timeout=20, next_timeout=5, prompts=prompts, secret=secret)
    )
    await remote.digits(leg=number, digits="4711")
    assert await asyncio.wait_for(collecting, 30) == "4711"
    (collected,) = [one for one in exchange.journal if isinstance(one, DigitsCollected)]
    assert collected.digits == told
    ended = [one for one in exchange.journal if isinstance(one, PromptEnded)]
    assert [one.interrupted_by for one in ended] == ([told[0]] if prompts else [])
