"""Plugins' background jobs as the worker runs them: in a context, and only for tenants that have the plugin on."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from core.api.manifest import Job
from core.data import current_tenant
from core.host.context import ContextFactory
from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.jobs.model import WorkerJob


def plugin_jobs(registry: Registry, gate: Gate, contexts: ContextFactory) -> Iterator[WorkerJob]:
    """Every job of every loaded plugin."""
    for plugin in registry.plugins.values():
        for job in plugin.manifest.jobs:
            yield _worker_job(plugin, job, gate, contexts)


def _worker_job(plugin: Plugin, job: Job, gate: Gate, contexts: ContextFactory) -> WorkerJob:
    async def tenants() -> list[UUID]:
        return gate.tenants(plugin.name)

    async def run(*args: Any) -> None:
        tenant_id = current_tenant()
        if gate.is_on(plugin.name, tenant_id):  # switched off since it was enqueued: the job is dropped
            async with contexts(plugin, tenant_id) as ctx:
                await job.run(ctx, *args)

    return WorkerJob(job.key, run, tenants, job.every_minutes, job.timeout_seconds, job.max_tries)
