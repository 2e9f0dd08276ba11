"""Starts everything that the demo needs, around one call or around traffic that goes on."""

import asyncio
import os
import socket
from pathlib import Path

import click
import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.config import ENVIRONMENT_PREFIX, Settings
from core.demo.company import seed
from core.demo.documents import DemoError, load_company, load_flow, load_traffic
from core.demo.once import one_call
from core.demo.traffic import Traffic
from core.telephony.presence import Announcement, announced
from core.telephony.simnet.client import SimulatedNetwork
from core.up import running
from core.wiring import open_installation

READY_SECONDS = 60.0
LEGS = 256


async def run_demo(settings: Settings, *, once: bool) -> int:
    """Run the demo: one call that is checked (exit code 0 when all was well), or traffic until stopped."""
    try:
        return await _run(demo_settings(settings), once)
    except DemoError as error:
        click.echo(f"The demo failed: {error}", err=True)
        return 1


async def _run(settings: Settings, once: bool) -> int:
    company, traffic = load_company(), load_traffic()
    host, _, port = company.network.rpartition(":")
    network_port = int(port) if is_free(host, int(port)) else 0
    async with (
        SimulatedNetwork(host=host, port=network_port, max_legs=LEGS) as network,
        running(settings, environment(settings)),
        open_installation(settings) as installation,
    ):
        tenant_id = await seed(installation, company, load_flow(), network.sip)
        network.targets = await media_addresses(installation.redis, settings.media.processes)
        await web_answers(settings)
        if once:
            return await one_call(company, tenant_id, network)
        click.echo(f"\n  {company.name}: {settings.web.address}")
        for user in (*company.users, company.operator.user):
            role = "operator of the installation" if user == company.operator.user else user.role
            click.echo(f"  sign in as {user.email:<34} password {company.password:<16} {role}")
        click.echo(
            f"  {company.main_number} is rung by a simulated telephone network at {network.sip}. Ctrl-C ends it.\n"
        )
        await Traffic(company, traffic, network).run(installation.redis, tenant_id)
    return 0


def demo_settings(settings: Settings) -> Settings:
    """The settings with a data folder of the demo's own, and free ports where the usual ones are taken."""
    data, web, media, log = settings.data, settings.web, settings.media, settings.log
    if not data.database_url and not data.redis_url:
        data = msgspec.structs.replace(data, folder=str(Path(data.folder) / "demo"))
    if not is_free(web.host, web.port):
        web = msgspec.structs.replace(web, port=free_port(web.host))
    if not all(is_free(media.sip_host, media.sip_port + n) for n in range(media.processes)):
        media = msgspec.structs.replace(media, sip_port=0)
    if log.level == "INFO":
        log = msgspec.structs.replace(log, level="WARNING")  # the demo's own lines are to be read
    messages = msgspec.structs.replace(settings.messages, outbox_page=True)
    return msgspec.structs.replace(settings, data=data, web=web, messages=messages, media=media, log=log)


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which other processes have exactly these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    for section in settings.__struct_fields__:
        table = getattr(settings, section)
        for key in table.__struct_fields__:
            value = getattr(table, key)
            text = str(value).lower() if isinstance(value, bool) else str(value)
            kept[f"{ENVIRONMENT_PREFIX}{section}__{key}".upper()] = text
    return kept


async def media_addresses(redis: "Redis", processes: int) -> tuple[str, ...]:
    """Where the media processes take calls, once so many have announced themselves. Raises DemoError."""
    found: list[Announcement] = []
    try:
        async with asyncio.timeout(READY_SECONDS):
            while len(found) < processes:
                try:
                    found = await announced(redis)
                except (RedisError, OSError):
                    found = []  # Redis is starting
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise DemoError(
            f"{len(found)} of {processes} media processes were ready within {READY_SECONDS:.0f} s; their log says why"
        ) from None
    return tuple(media.sip_address for media in found)


async def web_answers(settings: Settings) -> None:
    """Return when the web process accepts connections. Raises DemoError."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection(settings.web.host, settings.web.port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return
    except TimeoutError:
        raise DemoError(f"nothing answers at {_web_address(settings)}; the log of web says why") from None


def is_free(host: str, port: int) -> bool:
    """Whether nobody uses this port, over UDP and TCP."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_port(host: str) -> int:
    """A TCP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _web_address(settings: Settings) -> str:
    return f"http://{settings.web.host}:{settings.web.port}"
