"""A worker process: jobs, the journal's projection, the watch over media processes, plugins' events."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import msgspec

from core.api.context import PluginEvent
from core.calls.events import Event
from core.calls.live import STREAM
from core.calls.projector import Projector
from core.calls.recovery import Reaper
from core.calls.service import check_yesterday
from core.config import Settings
from core.data.migrate import App
from core.data.partitions import maintain_partitions
from core.directory.bulk.service import JOB as BATCH_JOB
from core.directory.bulk.service import Batches, forget_batches
from core.exports.make import export_job
from core.host.events import EMITTED, Entry, EventReader, decode_emitted
from core.host.lifespan import lifespans
from core.host.service import follow_modules, load_gate
from core.identity.links import PasswordLinks, forget_links
from core.identity.sessions import Sessions
from core.jobs.model import WorkerJob
from core.jobs.worker import JobWorker
from core.messages.service import StoredOutbox, forget_expired
from core.platform.erasure import erasure_job
from core.retention.model import Classes
from core.retention.sweep import retention_jobs
from core.roles.model import Catalogue
from core.tenancy.service import all_tenants
from core.wiring import Installation, PluginHost, core_apps, folder_of, open_host, open_installation

DAILY = 24 * 60
"""Minutes."""
BATCH_SECONDS = 1800
"""10 000 users, at 50 ms each on a busy machine, three times over."""

_decode_event = msgspec.json.Decoder(Event).decode


async def _every_tenant() -> list[UUID]:
    return [company.id for company in await all_tenants()]


CORE_JOBS = (
    WorkerJob("core.partitions", maintain_partitions, every_minutes=DAILY, timeout_seconds=600),
    WorkerJob("core.outbox", forget_expired, every_minutes=60),
    WorkerJob("core.links", forget_links, every_minutes=DAILY),
    WorkerJob("core.batches", forget_batches, _every_tenant, every_minutes=DAILY),
    WorkerJob("core.invariants", check_yesterday, _every_tenant, every_minutes=DAILY, timeout_seconds=600),
)
"""Background work of core itself that needs nothing of the installation."""


def core_jobs(installation: Installation) -> tuple[WorkerJob, ...]:
    """Background work of core itself, with what it works with in this installation."""
    web = installation.settings.web
    sessions = Sessions(installation.redis, idle_seconds=web.session_hours * 3600)
    catalogue = Catalogue(plugin.manifest for plugin in installation.registry.plugins.values())
    batches = Batches(sessions, PasswordLinks(StoredOutbox(), sessions, web.address), catalogue)
    manifests = [plugin.manifest for plugin in installation.registry.plugins.values()]
    apps = [*core_apps(), *(App.load(one.piccolo_app) for one in manifests if one.piccolo_app)]
    folder = folder_of(installation.settings)
    return (
        *CORE_JOBS,
        *retention_jobs(Classes(manifests)),
        export_job(folder, [table for app in apps for table in app.tables]),
        erasure_job(installation.redis, folder),
        WorkerJob(BATCH_JOB, batches.carry_out, _every_tenant, timeout_seconds=BATCH_SECONDS),
    )


async def run_worker(settings: Settings) -> None:
    """Run a worker until it is told to stop. Ends with an error when Redis stays away; the supervisor restarts it."""
    async with open_installation(settings) as installation:
        await load_gate(installation.gate)
        async with (
            open_host(installation, core_jobs(installation)) as host,
            lifespans(installation.registry, "worker"),
            asyncio.TaskGroup() as group,
        ):
            for work in _work(installation, host):
                group.create_task(work)


def _work(installation: Installation, host: PluginHost) -> list[Coroutine[Any, Any, None]]:
    redis, gate = installation.redis, installation.gate
    streams = {STREAM: journal_event, EMITTED: decode_emitted}
    return [
        Projector(redis).run(),
        Reaper(redis).run(),
        JobWorker(installation.services.redis_url, host.jobs).run(),
        follow_modules(redis, gate),
        *(
            EventReader(redis, plugin, host.dispatcher, gate, streams).run()
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
