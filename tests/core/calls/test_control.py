"""Commands to a media process reach it, and their outcome comes back."""

import asyncio
import time
from uuid import UUID

import pytest
from redis.asyncio import Redis

from core.calls.control import Command, CommandFailed, Drain, HangUp, send, serve, stream_of
from tests.core.calls.support import running, until

CALL = UUID(int=5)


async def carry_out(command: Command) -> str:
    match command:
        case HangUp(call_id) if call_id == CALL:
            return ""
        case HangUp():
            return "there is no such call"
    raise RuntimeError("draining failed")


async def served(redis: Redis) -> None:
    await serve(redis, "media-1", carry_out, clock=time.time)


async def test_a_command_is_carried_out_and_its_problem_comes_back(redis: Redis) -> None:
    async with running(served(redis)):
        await asyncio.sleep(0)
        await redis.xadd(stream_of("media-1"), {"c": b"not a command"})
        await until(lambda: answered(redis, HangUp(CALL)), "carried out")
        with pytest.raises(CommandFailed, match="no such call"):
            await send(redis, "media-1", HangUp(UUID(int=6)), now=time.time())
        with pytest.raises(CommandFailed, match="draining failed"):
            await send(redis, "media-1", Drain(), now=time.time())


async def answered(redis: Redis, command: Command) -> bool:
    try:
        await send(redis, "media-1", command, now=time.time(), seconds=1)
    except CommandFailed:  # sent before the process listened
        return False
    return True


async def test_a_process_that_is_not_there_fails_the_command_in_time(redis: Redis) -> None:
    with pytest.raises(CommandFailed, match="did not answer within 1 s"):
        await send(redis, "media-9", HangUp(CALL), now=time.time(), seconds=1)


async def test_a_command_that_is_too_old_is_not_carried_out(redis: Redis) -> None:
    async with running(served(redis)):
        await until(lambda: answered(redis, HangUp(CALL)), "listening")
        with pytest.raises(CommandFailed, match="did not answer"):
            await send(redis, "media-1", HangUp(CALL), now=time.time() - 11, seconds=1)
