"""Having a media process make a call for the one who asks, with the number that she shows (PRF-4)."""

import time
from uuid import UUID

from redis.asyncio import Redis

from core.api.errors import Invalid, Refused
from core.api.ids import uuid7
from core.api.texts import N_
from core.calls.control import CommandFailed, MakeCall, send
from core.calls.ports import Address
from core.directory.model import checked_number
from core.directory.numbering import Numbering, numbering
from core.directory.own import presentable
from core.directory.users import UserDetails, user
from core.identity.model import Principal
from core.telephony.limits import is_emergency
from core.telephony.presence import announced


class CallNotMade(Refused):
    """A call that cannot be made as things are; the text says why."""

    code = "call_not_made"


async def make_call(me: Principal, number: str, redis: Redis) -> UUID:
    """Ring her devices, and when she answers the number; returns the id of the call.

    Raises Invalid for what is no number, CallNotMade, redis.RedisError.
    """
    she, numbers = await user(me.user_id), await numbering()
    called = _called(number, numbers)
    devices = [one for one in she.devices if one.enabled]
    if not devices:
        raise CallNotMade(N_("None of your devices rings: switch one on under Devices."))
    processes = [one for one in await announced(redis) if not one.draining]
    if not processes:
        raise CallNotMade(N_("No call can be made just now: try again in a moment."))
    wanted = MakeCall(
        call_id=uuid7(),
        tenant_id=me.tenant_id,
        person_id=she.id,
        person=she.name,
        devices=tuple(Address(one.kind, one.address) for one in devices),
        in_order=tuple(one.ring_seconds for one in devices) if she.ring_in_order and len(devices) > 1 else (),
        number=called,
        presentation=presented(she, numbers),
    )
    media = min(processes, key=lambda one: (one.calls, one.name))
    try:
        await send(redis, media.name, wanted, now=time.time())
    except CommandFailed as error:
        raise CallNotMade(N_("The call could not be made: {why}."), why=str(error)) from None
    return wanted.call_id


def presented(she: UserDetails, numbers: Numbering) -> str:
    """The number that she shows, from whichever of her devices: the one she has chosen, else the company's first
    that she may. Raises CallNotMade when there is none."""
    may = presentable(she, numbers)
    if she.presentation_number in may:
        return she.presentation_number
    if not may:
        raise CallNotMade(N_("Your company has no number that you may show."))
    return next(iter(may))


def _called(number: str, numbers: Numbering) -> str:
    """The number as a trunk takes it; one for help is short. Raises Invalid."""
    digits = "".join(number.split())
    if is_emergency(digits, numbers.region or ""):
        return digits
    try:
        return checked_number(number, numbers.region)
    except Invalid as error:
        error.field = "number"
        raise
