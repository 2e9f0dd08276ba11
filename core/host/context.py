"""What a plugin's code is called with: its tenant's scope, its settings, and a few services."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.context import PluginEvent
from core.api.seats import Seats
from core.audit.service import record
from core.data import current_tenant, tenant
from core.host import seats
from core.host.registry import Plugin
from core.host.settings import PluginSettings

Enqueue = Callable[..., Awaitable[None]]
Emit = Callable[[PluginEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PluginContext:
    """Implements core.api.context.Context."""

    tenant_id: UUID
    plugin: str
    settings: Any
    _events: frozenset[str]
    _enqueue: Enqueue
    _emit: Emit

    async def enqueue(self, job: str, *args: Any, delay_seconds: float = 0) -> None:
        if not job.startswith(self.plugin + "."):
            raise ValueError(f"{self.plugin} cannot run {job}: it is not its own job")
        await self._enqueue(job, *args, tenant_id=self.tenant_id, delay=delay_seconds)

    async def record(
        self,
        action: str,
        subject_id: object = "",
        subject: str = "",
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        if not action.startswith(self.plugin + "."):
            raise ValueError(f"{self.plugin} cannot record {action}: it is not its own action")
        await record(action, subject_id, subject, before=before, after=after)

    async def take_seat(self, user_id: UUID) -> None:
        await seats.take_seat(self.plugin, user_id)

    async def release_seat(self, user_id: UUID) -> None:
        await seats.release_seat(self.plugin, user_id)

    async def seats(self) -> Seats:
        return await seats.seats_of(self.plugin)

    async def emit(self, key: str, subject: UUID, data: Struct) -> None:
        if key not in self._events:
            raise ValueError(f"{self.plugin} does not declare the event {key}")
        values = msgspec.to_builtins(data)
        await self._emit(PluginEvent(key, self.tenant_id, subject, datetime.now(UTC), values))


class ContextFactory:
    """Makes the context of one call into a plugin: `async with factory(plugin, tenant_id) as ctx:`.

    `enqueue` adds a job, `emit` an event: see core.jobs.service.Jobs.enqueue and core.host.events.emit. `settings`
    reads those of plugins.
    """

    def __init__(self, enqueue: Enqueue, emit: Emit, settings: PluginSettings | None = None) -> None:
        self._enqueue = enqueue
        self._emit = emit
        self._settings = settings or PluginSettings()

    @asynccontextmanager
    async def __call__(self, plugin: Plugin, tenant_id: UUID) -> AsyncIterator[PluginContext]:
        with tenant(tenant_id):
            yield await self.here(plugin)

    async def here(self, plugin: Plugin) -> PluginContext:
        """A context for the tenant in force. Raises NoTenant, DatabaseUnavailable."""
        has_settings = plugin.manifest.settings is not None
        return PluginContext(
            current_tenant(),
            plugin.name,
            (await self._settings.read(plugin)).settings if has_settings else None,
            frozenset(event.key for event in plugin.manifest.events),
            self._enqueue,
            self._emit,
        )
