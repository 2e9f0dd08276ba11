"""What the commands that change something share: an open installation, one tenant, one password."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from redis.exceptions import RedisError

from core.audit.model import Actor, acting_as
from core.config import Settings
from core.data import Database, DatabaseUnavailable, tenant
from core.data.fitness import Unfit
from core.data.migrate import pending
from core.tenancy.service import tenant_by_slug
from core.wiring import DataServices, Installation, core_apps, open_installation, require_fit

Result = TypeVar("Result")
COMMAND = Actor(kind="command")
"""Who acts, in the audit trail."""


@contextmanager
def data_services(settings: Settings) -> Iterator[None]:
    """The embedded data services run inside the block; those that did not before are stopped at its end."""
    services = DataServices.of(settings)
    started = []
    try:
        for server in (services.postgres, services.redis):
            if server is not None and not server.is_running():
                server.start()
                started.append(server)
        yield
    finally:
        for server in started:
            server.stop()


def in_installation(settings: Settings, work: Callable[[Installation], Awaitable[Result]]) -> Result:
    """The result of `work` in the open installation. What the user can mend comes as a plain message."""

    async def run() -> Result:
        await require_fit(settings)
        if await pending(Database(DataServices.of(settings).database_url), core_apps()):
            raise click.ClickException("the database is not up to date: run `sentralbord migrate`")
        async with open_installation(settings) as installation:
            with acting_as(COMMAND):
                return await work(installation)

    try:
        with data_services(settings):
            return asyncio.run(run())
    except (ValueError, Unfit, DatabaseUnavailable, OSError, RedisError) as error:
        raise click.ClickException(str(error)) from error


def in_tenant(settings: Settings, slug: str, work: Callable[[Installation], Awaitable[Result]]) -> Result:
    """The same, for the tenant with this slug."""

    async def run(installation: Installation) -> Result:
        found = await tenant_by_slug(slug)
        if found is None:
            raise click.ClickException(f"there is no tenant {slug!r}: `sentralbord tenant list` shows them")
        with tenant(found.id):
            return await work(installation)

    return in_installation(settings, run)


def ask_password(from_stdin: bool, prompt: str = "Password") -> str:
    """A password: one line of standard input, or asked for twice. Never an argument: others could read it."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = str(click.prompt(prompt, hide_input=True, confirmation_prompt=True))
    if not password:
        raise click.ClickException("the password is empty: give one line on standard input")
    return password


def table(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns; the first has the names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
