"""The command line on a real database and Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from core.cli import sentralbord
from core.data import Database
from core.data.embedded import EmbeddedRedis

Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def command(database: Database, redis: Redis, redis_server: EmbeddedRedis, tmp_path: Path) -> Command:
    """Runs `sentralbord …` with this test's database; `stdin` is what the user types."""
    environment = {
        "SENTRALBORD_DATA__DATABASE_URL": database.url,
        "SENTRALBORD_DATA__REDIS_URL": redis_server.url,
        "SENTRALBORD_DATA__FOLDER": str(tmp_path),
        "SENTRALBORD_MEDIA__MAX_CALLS": "100",
    }

    async def run(*arguments: str, stdin: str = "", **more: str) -> Result:
        # In a thread, because the command runs an event loop of its own.
        return await asyncio.to_thread(
            CliRunner().invoke, sentralbord, arguments, input=stdin, env=environment | more, catch_exceptions=False
        )

    return run


@pytest.fixture
def good(command: Command) -> Callable[..., Awaitable[str]]:
    """The same, for commands that must succeed; returns what they print."""

    async def run(*arguments: str, stdin: str = "") -> str:
        result = await command(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.output

    return run
