"""Switching plugins on and off for a tenant, and keeping every process's gate in step."""

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.api.errors import Changed
from core.api.texts import N_
from core.audit.service import record
from core.data import current_tenant, system, transaction
from core.host.dispatch import Dispatcher
from core.host.errors import NoSuchModule
from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.tenancy import service as tenancy
from core.tenancy.tables import TenantModule

log = logging.getLogger(__name__)

CHANNEL = "modules"
"""Redis channel on which every change of a tenant's modules is announced."""
LISTEN_SECONDS = 30.0


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


@dataclass(frozen=True, slots=True)
class Modules:
    """The loaded modules, for those who switch them: what changes is told to every process and to the plugin."""

    redis: Redis
    gate: Gate
    dispatcher: Dispatcher

    @property
    def registry(self) -> Registry:
        """The loaded plugins."""
        return self.dispatcher.registry

    def plugin(self, name: str) -> Plugin:
        """A loaded plugin. Raises NoSuchModule."""
        if name not in self.registry.plugins:
            raise NoSuchModule(N_("There is no module {name}."), name=name)
        return self.registry.plugins[name]

    async def switch(self, name: str, *, on: bool, version: int | None = None) -> TenantModule:
        """Switch a plugin on or off for the tenant in force, in every process at once, and tell the plugin.

        Off keeps the plugin's data. `version`: of the row that was looked at; None: whatever it is. Raises
        NoSuchModule, also when the tenant is not entitled to it (GEN-8); Changed.
        """
        loaded = self.plugin(name)
        async with transaction():
            row = await entitled(name)
            if version not in (None, row.version):
                raise Changed
            if row.enabled == on:
                return row
            row = await tenancy.set_module(name, entitled=True, enabled=on, seats=row.seats)
            await record("module.switched_on" if on else "module.switched_off", name, loaded.manifest.title)
        await self.announce(name)
        await self.dispatcher.call(loaded, "tenant_enabled" if on else "tenant_disabled", current_tenant())
        return row

    async def announce(self, name: str) -> None:
        """Let every process know at once that a tenant's modules have changed."""
        await load_gate(self.gate)
        await self.redis.publish(CHANNEL, name)


async def entitled(name: str) -> TenantModule:
    """The module of the tenant in force, held until the transaction is over.

    Raises NoSuchModule when the operator has not granted it (GEN-8).
    """
    row = await tenancy.held_module(name)
    if row is None or not row.entitled:
        raise NoSuchModule(N_("There is no module {name} here; the operator grants modules."), name=name)
    return row
