"""The example plugin as its own distribution: built, installed, found by its entry point, migrated, switched on."""

import asyncio
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from core.api import Prompt
from core.api.context import PluginEvent
from core.api.ids import uuid7_time
from core.api.testing import ScriptedCall
from core.data import Database, tenant, transaction, uuid7
from core.data.migrate import App, migrate
from core.host.context import ContextFactory
from core.host.dispatch import Dispatcher
from core.host.errors import NoSuchModule
from core.host.gate import Gate
from core.host.lifespan import lifespans
from core.host.registry import Registry
from core.host.service import Modules, load_gate
from core.tenancy.service import set_module
from tests.conftest import core_apps


@pytest.fixture
async def host(example: Registry, database: Database) -> Dispatcher:
    """A dispatcher over the plugin, its tables migrated."""
    await migrate(database, [*core_apps(), App.load("nightbell.piccolo_app")])

    async def nothing(*_: object, **__: object) -> None: ...

    return Dispatcher(example, ContextFactory(nothing, nothing))


def test_the_plugin_is_found_by_its_entry_point_in_a_fresh_process(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "plugins"],
        env={"PYTHONPATH": f"{installed}:{Path.cwd()}", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "nightbell" in done.stdout
    assert "sentralbord-nightbell 1.2.0" in done.stdout


async def test_off_on_and_off_again(host: Dispatcher, redis: Redis, tenant_a: UUID, tenant_b: UUID) -> None:
    from nightbell.tables import Ring

    gate = Gate(frozenset({"nightbell"}))
    with tenant(tenant_a):
        with pytest.raises(NoSuchModule, match="the operator grants"):
            await Modules(redis, gate, host).switch("nightbell", on=True)
        await set_module("nightbell", entitled=True, enabled=False)
        await Modules(redis, gate, host).switch("nightbell", on=True)
        assert gate.is_on("nightbell", tenant_a)
        assert not gate.is_on("nightbell", tenant_b)
        assert await Ring.count() == 1  # tenant_enabled ran, in the tenant's scope
        await Modules(redis, gate, host).switch("nightbell", on=False)
        assert not gate.is_on("nightbell", tenant_a)
        assert [ring.answered for ring in await Ring.objects()] == [True]  # tenant_disabled ran; its data stays
    with tenant(tenant_b):
        assert await Ring.count() == 0


async def test_a_change_reaches_the_gate_of_another_process(host: Dispatcher, redis: Redis, tenant_a: UUID) -> None:
    from core.host.service import follow_modules

    here, there = Gate(frozenset({"nightbell"})), Gate(frozenset({"nightbell"}))
    following = asyncio.create_task(follow_modules(redis, there))
    try:
        with tenant(tenant_a):
            await set_module("nightbell", entitled=True, enabled=False)
            await load_gate(there)
            while not await redis.pubsub_numsub("modules") or not (await redis.pubsub_numsub("modules"))[0][1]:
                await asyncio.sleep(0.01)
            await Modules(redis, here, host).switch("nightbell", on=True)
        async with asyncio.timeout(20):
            while not there.is_on("nightbell", tenant_a):
                await asyncio.sleep(0.01)
    finally:
        following.cancel()


async def test_an_event_is_handled_in_its_tenants_scope(host: Dispatcher, tenant_a: UUID, tenant_b: UUID) -> None:
    from nightbell.tables import Ring

    call = uuid7()
    for tenant_id in (tenant_a, tenant_b):
        with tenant(tenant_id):
            await Ring(call_id=call, caller="+4722334455").save()
    ended = PluginEvent("call.ended", tenant_a, call, uuid7_time(call), {})
    assert await host.call(host.registry.plugins["nightbell"], "on_event", tenant_a, event=ended)
    for tenant_id, answered in ((tenant_a, True), (tenant_b, False)):
        with tenant(tenant_id):
            assert [ring.answered for ring in await Ring.objects()] == [answered]


async def test_a_plugins_job_may_only_be_its_own(host: Dispatcher, tenant_a: UUID) -> None:
    plugin = host.registry.plugins["nightbell"]
    async with host.context(plugin, tenant_a) as ctx:
        assert ctx.settings.keep_days == 30
        with pytest.raises(ValueError, match="not its own job"):
            await ctx.enqueue("other.job")
        with pytest.raises(ValueError, match="does not declare"):
            await ctx.emit("nightbell.unknown", uuid4(), ctx.settings)


async def test_its_element_rings_and_thanks(host: Dispatcher, tenant_a: UUID) -> None:
    from nightbell.elements import NightBell, NightBellConfig
    from nightbell.tables import Ring

    with tenant(tenant_a):
        call = ScriptedCall(tenant_id=tenant_a)
        assert await NightBell().run(call, NightBellConfig(thanks=(Prompt(text="Thank you."),))) == "next"
        assert [ring.caller for ring in await Ring.objects()] == ["+4791234567"]


async def test_the_plugins_table_keeps_tenants_apart(host: Dispatcher, tenant_a: UUID, tenant_b: UUID) -> None:
    from nightbell.tables import Ring

    with tenant(tenant_a):
        await Ring(caller="+4722334455").save()
    with tenant(tenant_b):
        async with transaction() as unit:
            assert await unit.fetchval("SELECT count(*) FROM nightbell_ring") == 0


async def test_the_lifespan_is_entered_and_left_with_the_process(example: Registry) -> None:
    from nightbell.service import ROPES

    async with lifespans(example, "media"):
        assert {"media"} == ROPES
    assert set() == ROPES
