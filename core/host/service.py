"""Switching plugins on and off for a tenant, and keeping every process's gate in step."""

import asyncio
import logging
from collections import defaultdict
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.data import current_tenant, system, transaction
from core.host.dispatch import Dispatcher
from core.host.gate import Gate
from core.tenancy import service as tenancy
from core.tenancy.tables import TenantModule

log = logging.getLogger(__name__)

CHANNEL = "modules"
"""Redis channel on which every change of a tenant's modules is announced."""
LISTEN_SECONDS = 30.0


class NotEntitled(Exception):
    """The tenant may not use this plugin: the provider has not granted it (GEN-8)."""


async def load_gate(gate: Gate) -> None:
    """Make the gate say what the database says."""
    on: dict[UUID, set[str]] = defaultdict(set)
    with system():
        rows = await TenantModule.objects().where(TenantModule.entitled.eq(True) & TenantModule.enabled.eq(True))
    for row in rows:
        on[row.tenant_id].add(row.plugin)
    gate.load({tenant_id: frozenset(plugins) for tenant_id, plugins in on.items()})


async def follow_modules(redis: Redis, gate: Gate) -> None:
    """Keep the gate in step with changes made by any process, until cancelled."""
    while True:
        try:
            async with redis.pubsub() as listener:
                await listener.subscribe(CHANNEL)
                await load_gate(gate)
                while True:
                    if await listener.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS):
                        await load_gate(gate)
        except (RedisError, OSError, RuntimeError) as error:
            log.warning("module changes cannot be followed for a moment: %s", error)
            await asyncio.sleep(0.5)


async def grant(redis: Redis, plugin: str, seats: int | None = None) -> None:
    """Let the tenant in force use a plugin, with so many licences (None: unlimited). It is not switched on by this."""
    async with transaction():
        row = (await tenancy.modules()).get(plugin)
        await tenancy.set_module(plugin, entitled=True, enabled=row is not None and row.enabled, seats=seats)
    await redis.publish(CHANNEL, plugin)


async def revoke(redis: Redis, gate: Gate, dispatcher: Dispatcher, plugin: str) -> None:
    """Take a plugin away from the tenant in force, switched off first if it is on. Its data stays."""
    row = (await tenancy.modules()).get(plugin)
    if row is None or not row.entitled:
        return
    if row.enabled and plugin in dispatcher.registry.plugins:
        await switch(redis, gate, dispatcher, plugin, on=False)
    await tenancy.set_module(plugin, entitled=False, enabled=False)
    await redis.publish(CHANNEL, plugin)


async def switch(redis: Redis, gate: Gate, dispatcher: Dispatcher, plugin: str, *, on: bool) -> None:
    """Switch a plugin on or off for the tenant in force, in every process at once, and tell the plugin.

    Off keeps the plugin's data. Raises NotEntitled; KeyError for a plugin that is not loaded.
    """
    tenant_id, loaded = current_tenant(), dispatcher.registry.plugins[plugin]
    async with transaction():
        row = (await tenancy.modules()).get(plugin)
        if row is None or not row.entitled:
            raise NotEntitled(f"the tenant has no entitlement to {plugin}; the provider grants it")
        if row.enabled == on:
            return
        await tenancy.set_module(plugin, entitled=True, enabled=on, seats=row.seats)
    await load_gate(gate)
    await redis.publish(CHANNEL, plugin)
    await dispatcher.call(loaded, "tenant_enabled" if on else "tenant_disabled", tenant_id)
