"""A worker process: jobs, the journal's projection, the watch over media processes, plugins' events."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from core.api.context import PluginEvent
from core.api.manifest import Job
from core.calls.events import Event
from core.calls.live import STREAM
from core.calls.projector import Projector
from core.calls.recovery import Reaper
from core.config import Settings
from core.data import current_tenant
from core.data.partitions import maintain_partitions
from core.host.context import ContextFactory
from core.host.dispatch import Dispatcher
from core.host.events import EMITTED, Entry, EventReader, decode_emitted, emit
from core.host.gate import Gate
from core.host.lifespan import lifespans
from core.host.registry import Plugin
from core.host.service import follow_modules, load_gate
from core.jobs.model import WorkerJob
from core.jobs.service import Jobs
from core.jobs.worker import JobWorker
from core.wiring import Installation, open_installation

_decode_event = msgspec.json.Decoder(Event).decode

CORE_JOBS = (WorkerJob("core.partitions", maintain_partitions, every_minutes=24 * 60, timeout_seconds=600),)
"""Background work of core itself."""


async def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop. Ends with an error when Redis stays away; the supervisor restarts it."""
    async with open_installation(settings) as installation:
        registry, redis, gate = installation.registry, installation.redis, installation.gate
        await load_gate(gate)

        async def enqueue(job: str, *args: Any, tenant_id: UUID, delay: float = 0) -> None:
            await client.enqueue(job, *args, tenant_id=tenant_id, delay=delay)

        contexts = ContextFactory(enqueue, partial(emit, redis))
        plugins = registry.plugins.values()
        theirs = (_plugin_job(plugin, job, gate, contexts) for plugin in plugins for job in plugin.manifest.jobs)
        jobs = [*CORE_JOBS, *theirs]
        client = Jobs(installation.services.redis_url, jobs)
        try:
            async with lifespans(registry, "worker"), asyncio.TaskGroup() as group:
                for work in _work(installation, Dispatcher(registry, contexts), jobs):
                    group.create_task(work)
        finally:
            await client.close()


def _work(installation: Installation, dispatcher: Dispatcher, jobs: list[WorkerJob]) -> list[Coroutine[Any, Any, None]]:
    redis, gate = installation.redis, installation.gate
    streams = {STREAM: journal_event, EMITTED: decode_emitted}
    return [
        Projector(redis).run(),
        Reaper(redis).run(),
        JobWorker(installation.services.redis_url, jobs).run(),
        follow_modules(redis, gate),
        *(
            EventReader(redis, plugin, dispatcher, gate, streams).run()
            for plugin in installation.registry.plugins.values()
            if "on_event" in plugin.hooks
        ),
    ]


def journal_event(entry: Entry) -> PluginEvent | None:
    """A journal entry as plugins see it; None for an entry that carries no event."""
    line = entry.get(b"e")
    if line is None:
        return None
    event = _decode_event(line)
    data = msgspec.to_builtins(event.data)
    return PluginEvent(data.pop("type"), event.tenant_id, event.call_id, event.at, data)


def _plugin_job(plugin: Plugin, job: Job, gate: Gate, contexts: ContextFactory) -> WorkerJob:
    """A plugin's job for the worker: only for tenants that have the plugin on, with its context."""

    async def tenants() -> list[UUID]:
        return gate.tenants(plugin.name)

    async def run(*args: Any) -> None:
        tenant_id = current_tenant()
        if gate.is_on(plugin.name, tenant_id):  # switched off since it was enqueued: the job is dropped
            async with contexts(plugin, tenant_id) as ctx:
                await job.run(ctx, *args)

    return WorkerJob(job.key, run, tenants, job.every_minutes, job.timeout_seconds, job.max_tries)
