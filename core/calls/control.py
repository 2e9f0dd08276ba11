"""Commands to the media process that owns a call, and its replies: Redis stream there, list back."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.calls.ports import Address
from core.data import uuid7

log = logging.getLogger(__name__)

REPLY_SECONDS = 30
"""A reply that nobody has fetched is forgotten after so long."""
STALE_SECONDS = 10.0
"""A command older than this is not carried out any more: whoever sent it has given up."""


class HangUp(Struct, frozen=True, tag="hang_up"):
    """End a call."""

    call_id: UUID


class Drain(Struct, frozen=True, tag="drain"):
    """Take no new calls, and end when the last one is over."""


class MakeCall(Struct, frozen=True, kw_only=True, tag="make_call"):
    """Ring somebody's devices, then the number that she wants to talk with."""

    call_id: UUID
    tenant_id: UUID
    person_id: UUID
    person: str
    devices: tuple[Address, ...]
    in_order: tuple[float, ...]
    """See core.queues.model.Member."""
    number: str
    """E.164."""
    presentation: str
    """The number of the company that she shows (PRF-4)."""


Command = HangUp | Drain | MakeCall


class Envelope(Struct, frozen=True):
    """A command on its way; `at` is seconds since the epoch."""

    id: UUID
    at: float
    command: Command


class Reply(Struct, frozen=True):
    """What became of a command; `problem` is empty when it was carried out."""

    problem: str = ""


class CommandFailed(Exception):
    """The command was not carried out; the message says why."""


def stream_of(media: str) -> str:
    """Name of the stream that a media process reads."""
    return f"commands:{media}"


async def send(redis: "Redis", media: str, command: Command, *, now: float, seconds: float = 4.0) -> None:
    """Have a media process carry out a command. Raises CommandFailed when it refuses or does not answer."""
    envelope = Envelope(uuid7(), now, command)
    await redis.xadd(stream_of(media), {"c": msgspec.json.encode(envelope)}, maxlen=1000, approximate=True)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.blpop([f"reply:{envelope.id}"], timeout=math.ceil(seconds))
        (answer,) = await pipe.execute()
    if answer is None:
        raise CommandFailed(f"the media process {media} did not answer within {seconds:g} s")
    reply = msgspec.json.decode(answer[1], type=Reply)
    if reply.problem:
        raise CommandFailed(reply.problem)


async def serve(
    redis: "Redis",
    media: str,
    carry_out: Callable[[Command], Awaitable[str]],
    *,
    clock: Callable[[], float],
) -> None:
    """Carry out the commands for `media`, until cancelled. `carry_out` returns the problem or ""."""
    after: str | bytes = "$"
    while True:
        try:
            if after == "$":
                newest = await redis.xrevrange(stream_of(media), count=1)
                after = newest[0][0] if newest else "0-0"
            found = await redis.xread({stream_of(media): after}, block=1000, count=16)
        except (RedisError, OSError):
            await asyncio.sleep(0.2)
            continue
        for _, entries in found:
            for entry_id, entry in entries:
                after = entry_id
                await _handle(redis, entry, carry_out, clock())


async def _handle(
    redis: "Redis", entry: dict[bytes, bytes], carry_out: Callable[[Command], Awaitable[str]], now: float
) -> None:
    try:
        envelope = msgspec.json.decode(entry[b"c"], type=Envelope)
    except (msgspec.DecodeError, KeyError) as error:
        log.error("unreadable command: %s", error)
        return
    if now - envelope.at > STALE_SECONDS:
        log.warning("command %s came too late and is not carried out", envelope.command)
        return
    try:
        problem = await carry_out(envelope.command)
    except Exception as error:  # one failing command must not stop the others
        log.exception("command %s failed", envelope.command)
        problem = f"{type(error).__name__}: {error}"
    key = f"reply:{envelope.id}"
    try:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, msgspec.json.encode(Reply(problem)))
            pipe.expire(key, REPLY_SECONDS)
            await pipe.execute()
    except (RedisError, OSError):
        log.warning("the reply to %s could not be delivered", envelope.command)
