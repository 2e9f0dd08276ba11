"""Calling a number from one's own devices, on the page and by the API (PRF-4)."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.calls.control import Command, MakeCall, serve
from core.calls.ports import Address
from core.data import tenant
from core.directory.service import NewDevice, set_devices
from core.directory.tables import Person
from core.directory.users import user
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.telephony.presence import Announcement, announce
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import running

API, PAGE = "/api/v1/profile/calls", "/profile/calls/call"
OURS, OURS_TOO = "+4722334455", "+4722334466"


@pytest.fixture
async def liv(tenant_a: UUID) -> User:
    """A user of tenant A with a desk phone and a number that is off."""
    with tenant(tenant_a):
        for number in (OURS, OURS_TOO):
            await add_main_number(number)
        account = await create_user("liv@a.example", "Liv Dahl", PASSWORD, language="en")
        devices = (NewDevice("sip", "sip:liv@192.0.2.1"), NewDevice("number", "+4790000001", enabled=False))
        await set_devices((await user(account.id)).id, devices)
    return account


@pytest.fixture
async def commands(redis: Redis) -> AsyncIterator[list[MakeCall]]:
    """What the one media process is told to do."""
    told: list[MakeCall] = []

    async def carry_out(command: Command) -> str:
        assert isinstance(command, MakeCall)
        told.append(command)
        return "the line is down" if command.number.endswith("99") else ""

    def now() -> Announcement:
        return Announcement(
            name="m1", pid=1, sip_address="", calls=0, legs=0, max_calls=9, draining=False, at=time.time()
        )

    async with running(serve(redis, "m1", carry_out, clock=time.time), announce(redis, now)):
        yield told


async def test_the_number_sees_what_she_shows_and_only_devices_that_are_on_ring(
    visitor: Visitor, liv: User, commands: list[MakeCall]
) -> None:
    """PRF-4: the one she has chosen, else the company's first that she may; never one that she may not any more."""
    await visitor.sign_in(liv.email)
    answer = await visitor.send("POST", API, {"number": "91 11 22 33"})
    assert answer.status_code == 202, answer.text
    assert str(commands[0].call_id) == answer.json()["call_id"]
    assert (commands[0].number, commands[0].presentation) == ("+4791112233", OURS)
    assert commands[0].devices == (Address("sip", "sip:liv@192.0.2.1"),)
    await visitor.post("/profile/calls", presentation_number=OURS_TOO)
    assert (await visitor.post(PAGE, number="91112233")).status_code == 303
    with tenant(liv.tenant_id):
        await Person.update({Person.allowed_numbers: [OURS]}).where(Person.id == commands[0].person_id)
    await visitor.post(PAGE, number="112")
    assert [(one.number, one.presentation) for one in commands[1:]] == [("+4791112233", OURS_TOO), ("112", OURS)]


async def test_why_a_call_cannot_be_made_is_told_and_the_number_stays(
    visitor: Visitor, liv: User, commands: list[MakeCall]
) -> None:
    await visitor.sign_in(liv.email)
    refused = await visitor.post(PAGE, number="nonsense")
    assert (refused.status_code, 'id="p-number"' in refused.text) == (422, True)
    assert 'value="nonsense"' in refused.text
    failed = await visitor.post(PAGE, number="91112299")
    assert (failed.status_code, "the line is down" in failed.text) == (409, True)
    assert 'value="91112299"' in failed.text
    with tenant(liv.tenant_id):
        await set_devices((await user(liv.id)).id, ())
    answer = await visitor.send("POST", API, {"number": "91112233"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sentralbord:problem:call_not_made")


async def test_without_telephony_or_a_number_of_the_company_no_call_is_made(
    visitor: Visitor, stranger: Visitor, liv: User, ola: User
) -> None:
    await visitor.sign_in(liv.email)
    assert (await visitor.send("POST", API, {"number": "91112233"})).status_code == 409
    with tenant(ola.tenant_id):
        await set_devices((await user(ola.id)).id, (NewDevice("sip", "sip:ola@192.0.2.2"),))
    await stranger.sign_in(ola.email)
    assert (await stranger.send("POST", API, {"number": "+4791112233"})).status_code == 409
