"""`sentralbord doctor`: is everything there that an installation needs? One line each, with the remedy."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable

import click
from msgspec import Struct
from redis.exceptions import RedisError

from core.config import Settings
from core.data import Database
from core.data.check import find_leaks
from core.data.fitness import Unfit, Unreachable, examine_postgres, examine_redis
from core.data.migrate import App, pending
from core.data.redis import connect_redis
from core.host.loader import load
from core.telephony.build import REMEDY, BuildProblem, check_build
from core.telephony.presence import announced
from core.ui.assets import NotBuilt, manifest
from core.wiring import DataServices, core_apps

SECONDS = 10.0
"""A check that takes longer has failed."""
START = "start the data services: `sentralbord up`"


class Problem(Exception):
    """What is wrong, and what to do about it."""


class Line(Struct, frozen=True):
    """The result of one check; `good` is False when something must be done."""

    name: str
    good: bool
    says: str


Check = Callable[[Settings], Awaitable[str]]


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Check that everything is there that an installation needs; exit status 1 when something is not."""
    lines = asyncio.run(examine(settings))
    for line in lines:
        state = click.style("ok     ", fg="green") if line.good else click.style("problem", fg="red")
        click.echo(f"{state} {line.name:<16} {line.says}")
    sys.exit(0 if all(line.good for line in lines) else 1)


async def examine(settings: Settings) -> list[Line]:
    """Run every check, each whatever the others found."""
    return [await _examined(name, check, settings) for name, check in CHECKS.items()]


async def _examined(name: str, check: Check, settings: Settings) -> Line:
    try:
        async with asyncio.timeout(SECONDS):
            return Line(name, True, await check(settings))
    except TimeoutError:
        return Line(name, False, f"no answer within {SECONDS:g} s")
    except Problem as problem:
        return Line(name, False, str(problem))
    except (OSError, RedisError):
        return Line(name, False, f"cannot be looked at without PostgreSQL and Redis: {START}")
    except Exception as error:  # a check may meet anything: it is told, and the others go on
        return Line(name, False, f"{type(error).__name__}: {error}")


async def _settings(settings: Settings) -> str:
    web = settings.web
    if web.public_url.startswith("https://") and not web.secure_cookies:
        raise Problem("web.public_url is https, but web.secure_cookies is false: set it to true")
    if settings.media.rtp_port + settings.media.processes * settings.media.rtp_ports > 65536:
        raise Problem("media.rtp_port + media.processes * media.rtp_ports exceeds 65536: lower media.rtp_ports")
    if settings.media.rtp_ports < (needed := 4 * settings.media.max_calls):  # two for each leg of a conversation
        raise Problem(f"media.rtp_ports is too low for media.max_calls, which needs {needed} or more: raise it")
    return f"web at {web.host}:{web.port}, {settings.media.processes} media processes"


async def _postgresql(settings: Settings) -> str:
    version = await _fit(examine_postgres(DataServices.of(settings).database_url), settings.data.database_url)
    return f"{version}, its three roles connect"


async def _redis(settings: Settings) -> str:
    return await _fit(examine_redis(DataServices.of(settings).redis_url), settings.data.redis_url)


async def _fit(examination: Awaitable[str], external: str) -> str:
    try:
        return await examination
    except Unreachable as problem:
        raise Problem(str(problem) if external else f"it does not run: {START}") from problem
    except Unfit as problem:
        raise Problem(str(problem)) from problem


def _apps() -> list[App]:
    modules = [plugin.manifest.piccolo_app for plugin in load().plugins.values()]
    return [*core_apps(), *(App.load(module) for module in modules if module)]


async def _migrations(settings: Settings) -> str:
    missing = await pending(Database(DataServices.of(settings).database_url), _apps())
    if missing:
        raise Problem(f"not done: {', '.join(missing)}: run `sentralbord migrate`")
    return "all done"


async def _tenants_apart(settings: Settings) -> str:
    connection = await Database(DataServices.of(settings).database_url).connect("owner")
    try:
        leaks = await find_leaks(connection)
    finally:
        await connection.close()
    if leaks:
        raise Problem(f"{'; '.join(leaks)}: mend the migration of whom the table is, or revoke the app role's rights")
    return "no way past row-level security"


async def _plugins(settings: Settings) -> str:
    registry = load()
    if registry.broken:
        raise Problem("; ".join(f"{one.name} ({one.distribution}): {one.reason}" for one in registry.broken))
    return ", ".join(f"{one.name} {one.manifest.version}" for one in registry.plugins.values()) or "none installed"


async def _pjsua2(settings: Settings) -> str:
    try:
        from core.media import LEGS_A_CALL
        from core.telephony.options import SPARE_CALLS
    except ImportError as error:
        raise Problem(f"pjsua2 cannot be imported ({error}): {REMEDY}") from error
    legs = settings.media.max_calls * LEGS_A_CALL
    try:
        check_build(legs, SPARE_CALLS)
    except BuildProblem as problem:
        raise Problem(str(problem)) from problem
    return f"carries {settings.media.max_calls} calls ({legs} legs) in a process"


async def _speech(settings: Settings) -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        raise Problem("espeak-ng is not installed, so texts are not spoken: apt-get install espeak-ng")
    return program


async def _front_end(settings: Settings) -> str:
    try:
        return f"{len(manifest())} entries built"
    except NotBuilt as error:
        raise Problem(str(error)) from error


async def _media(settings: Settings) -> str:
    client = connect_redis(DataServices.of(settings).redis_url)
    try:
        found = await announced(client)
    finally:
        await client.aclose()
    if not found:
        raise Problem("none runs, so no call is answered: `sentralbord up`, or `sentralbord media` on some machine")
    return "; ".join(
        f"{one.name} at {one.sip_address}, {one.calls} of {one.max_calls} calls{', draining' if one.draining else ''}"
        for one in found
    )


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "PostgreSQL": _postgresql,
    "Redis": _redis,
    "migrations": _migrations,
    "tenants apart": _tenants_apart,
    "plugins": _plugins,
    "pjsua2": _pjsua2,
    "speech": _speech,
    "front end": _front_end,
    "media processes": _media,
}
