"""Sentralbord under load: calls held through one media process, and new calls through flow and queue.

Everything runs as it does in production, on this machine, the load generator beside it: `sentralbord up` with one
media process, worker, web, PostgreSQL and Redis.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import click

from core.config import Settings, load_settings
from core.demo.company import seed
from core.demo.documents import DemoCompany, DemoOperator, DemoPerson, DemoQueue, DemoUser
from core.demo.run import environment, free_port, media_addresses
from core.telephony.simnet.client import SimulatedNetwork
from core.up import running
from core.wiring import open_installation
from tests.bench.load import Target, hold, stream

HOST = "127.0.0.1"
HELD_NUMBER, QUEUE_NUMBER = "+4721900001", "+4721900002"
OUTSIDE = "+4790012345"
AGENTS = 200
TALK_SECONDS = 2.0
OPERATOR = DemoOperator(
    slug="load-operator",
    name="Operator",
    user=DemoUser(email="operator@load.example", name="Operator", role="administrator", language="nb"),
)
PROMPT = [{"text": "Velkommen til lastprøven. For kundeservice, trykk 1.", "language": "nb"}]


async def run(calls: int = 400, seconds: float = 60, rate: float = 40, rate_seconds: float = 30) -> dict[str, Any]:
    """The figures of both loads."""
    with tempfile.TemporaryDirectory(prefix="sentralbord-bench-") as folder:
        settings = _settings(folder, calls)
        async with _sentralbord(settings, calls) as (net, target):
            through = await stream(
                net, target(QUEUE_NUMBER, "1"), rate=rate, seconds=rate_seconds, talk=TALK_SECONDS, listen_every=10
            )
            click.echo(f"calls through flow and queue: {through['served']} of {through['calls']} served", err=True)
            await asyncio.sleep(5)
            held = await hold(net, target(HELD_NUMBER, ""), calls=calls, seconds=seconds, rate=20, listen_every=10)
            click.echo(f"held calls: {held['held_to_the_end']} of {held['calls']}", err=True)
            errors = (await net.status()).errors
    return {"through_flow_and_queue": through, "held": held, "generator_errors": errors}


@asynccontextmanager
async def _sentralbord(settings: Settings, calls: int) -> AsyncIterator[Any]:
    """A running installation with a company for each load, and a target for a number."""
    async with (
        SimulatedNetwork(host=HOST, rtp_port=40000, max_legs=2 * calls + 400) as net,
        running(settings, environment(settings)) as supervisor,
        open_installation(settings) as installation,
    ):
        await seed(installation, _held_company(calls), _transfer_flow(), net.sip)
        await seed(installation, _queue_company(), _queue_flow(), net.sip)
        addresses = await media_addresses(installation.redis, 1)
        await asyncio.sleep(3)  # prompts are rendered, the machine comes to rest

        def target(number: str, key: str) -> Target:
            return Target(addresses, number, supervisor.pids(), key=key, ring_seconds=0.2, media="media1")

        yield net, target


def _settings(folder: str, calls: int) -> Settings:
    values = {
        "SENTRALBORD_DATA__FOLDER": folder,
        "SENTRALBORD_WEB__PORT": str(free_port(HOST)),
        "SENTRALBORD_MEDIA__PROCESSES": "1",
        "SENTRALBORD_MEDIA__SIP_PORT": "0",
        "SENTRALBORD_MEDIA__MAX_CALLS": str(max(600, calls + 100)),
        "SENTRALBORD_MEDIA__RTP_PORT": "20000",
        "SENTRALBORD_MEDIA__RTP_PORTS": "10000",
        "SENTRALBORD_LOG__LEVEL": "WARNING",
    }
    return load_settings(environment={**os.environ, **values})


def _held_company(calls: int) -> DemoCompany:
    """Its number puts every caller through to an outside number."""
    return _company("load-held", HELD_NUMBER, (), (), calls)


def _queue_company() -> DemoCompany:
    """Its number has a menu, and behind it a queue with many agents at desk phones."""
    people = tuple(
        DemoPerson(
            key=f"agent{n}",
            first_name="Agent",
            last_name=str(n),
            department="",
            position="",
            extension=str(1000 + n),
            devices=(f"sip:agent{n}@{{network}}",),
            language="nb",
            greeting="",
            answer="",
        )
        for n in range(AGENTS)
    )
    queue = DemoQueue(
        key="load", name="Load", service_level_seconds=20, acw_seconds=0, members=tuple(p.key for p in people)
    )
    return _company("load-queue", QUEUE_NUMBER, people, (queue,), 0)


def _company(
    slug: str, number: str, people: tuple[DemoPerson, ...], queues: tuple[DemoQueue, ...], outgoing: int
) -> DemoCompany:
    return DemoCompany(
        slug=slug,
        name=slug,
        timezone="Europe/Oslo",
        language="nb",
        main_number=number,
        main_number_label="",
        flow="Load",
        password="nobody-signs-in-here",
        network="127.0.0.1:5090",
        outgoing_calls=outgoing + 100,
        outgoing_calls_per_minute=10 * outgoing + 1000,
        operator=OPERATOR,
        users=(),
        queues=queues,
        people=people,
    )


def _transfer_flow() -> str:
    nodes = [
        {"id": "through", "element": "core.transfer", "settings": {"number": OUTSIDE, "ring_seconds": 60}},
        {"id": "end", "element": "core.hang_up"},
    ]
    exits = ("busy", "no_answer", "unreachable", "not_allowed")
    edges = [{"source": "through", "exit": way, "target": "end"} for way in exits]
    return json.dumps({"start": "through", "nodes": nodes, "edges": edges})


def _queue_flow() -> str:
    nodes = [
        {"id": "menu", "element": "core.menu", "settings": {"prompts": PROMPT, "keys": "1"}},
        {"id": "queue", "element": "core.queue", "settings": {"queue": "{queue:load}"}},
        {"id": "end", "element": "core.hang_up"},
    ]
    edges = [
        {"source": "menu", "exit": "1", "target": "queue"},
        {"source": "menu", "exit": "invalid", "target": "end"},
        {"source": "menu", "exit": "no_dial", "target": "end"},
        {"source": "queue", "exit": "timeout", "target": "end"},
        {"source": "queue", "exit": "empty", "target": "end"},
    ]
    return json.dumps({"start": "menu", "nodes": nodes, "edges": edges})
