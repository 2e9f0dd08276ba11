"""What a media process must know to route calls, kept in memory so that it goes on while PostgreSQL is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import phonenumbers
from msgspec import Struct

from core.data import Database, DatabaseUnavailable, tenant
from core.flows import versions as flows
from core.flows.document import Published
from core.flows.errors import FlowInvalid, VersionNotFound
from core.queues import service as queues
from core.queues.errors import UnknownQueue
from core.queues.model import QueueConfig
from core.schedules import service as schedules
from core.schedules.service import NamedSchedule
from core.telephony.limits import OutgoingPolicy
from core.telephony.service import all_trunks
from core.telephony.trunks import Trunk
from core.tenancy import service as tenancy
from core.tenancy.errors import TenancyError

log = logging.getLogger(__name__)

CHANNEL = "routing"
TRUNKS = "trunks"
"""PostgreSQL channels on which triggers tell whose routing, or that a trunk, has changed (docs/adr/0007)."""
SETTLE_SECONDS = 0.05
"""Changes are gathered for so long before they are loaded."""
RETRY_SECONDS = 1.0
TRY_AGAIN_SECONDS = 30.0
"""A tenant that could not be loaded, although the database answers, is tried again after so long."""


class Route(Struct, frozen=True, kw_only=True):
    """Where calls to a main number go, and the limits of its tenant."""

    tenant_id: UUID
    main_number_id: UUID | None
    language: str
    region: str
    """ISO 3166 code of the number's country."""
    published: Published | None
    """The flow version that answers; None: nothing is published."""
    policy: OutgoingPolicy


@dataclass(frozen=True, slots=True)
class TenantRouting:
    """What is known of one tenant: its routes by number, its queues and opening hours by id."""

    routes: dict[str, Route]
    queues: dict[UUID, QueueConfig]
    schedules: dict[UUID, NamedSchedule]


class Routing:
    """Main numbers and queues of all tenants. `on_change(tenant_id, routes)` hears of each tenant just loaded."""

    def __init__(
        self,
        database: Database,
        on_change: Callable[[UUID, list[Route]], Awaitable[None]],
        on_trunks: Callable[[list[Trunk]], Awaitable[None]],
    ) -> None:
        self._database = database
        self._on_change = on_change
        self._on_trunks = on_trunks
        self._tenants: dict[UUID, TenantRouting] = {}
        self._by_number: dict[str, Route] = {}
        self._changed: set[UUID] = set()
        self._trunks_changed = False
        self._wake = asyncio.Event()

    def route(self, number: str) -> Route | None:
        """The route of a dialled number (E.164); None: nobody has it."""
        return self._by_number.get(number)

    def owns(self, tenant_id: UUID, number: str) -> bool:
        """Whether the number is one of the tenant's, so that it may be presented."""
        route = self._by_number.get(number)
        return route is not None and route.tenant_id == tenant_id

    def queue(self, tenant_id: UUID, queue_id: UUID) -> QueueConfig:
        """A queue with its members and their devices. Raises UnknownQueue."""
        known = self._tenants.get(tenant_id)
        if known is None or queue_id not in known.queues:
            raise UnknownQueue(queue_id)
        return known.queues[queue_id]

    def schedule(self, tenant_id: UUID, schedule_id: UUID) -> NamedSchedule | None:
        """Opening hours of a tenant; None: it has none such."""
        known = self._tenants.get(tenant_id)
        return known.schedules.get(schedule_id) if known else None

    async def load(self) -> None:
        """Load every trunk and tenant. Raises DatabaseUnavailable."""
        await self._on_trunks(await all_trunks())
        await self._load({row.id for row in await tenancy.all_tenants()})

    async def follow(self) -> None:
        """Keep in step with the database until cancelled; while it is away, what is known stays in force."""
        while True:
            try:
                await self._listen()
            except (OSError, DatabaseUnavailable, ConnectionError) as error:
                log.warning("routing goes on with what is known, the database is away: %s", error)
            except Exception:  # routing must survive whatever the database says
                log.exception("routing could not be loaded and goes on with what is known")
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await self._database.connect("system")
        try:
            await connection.add_listener(CHANNEL, self._notice)
            await connection.add_listener(TRUNKS, self._notice_trunks)
            connection.add_termination_listener(lambda _: self._wake.set())
            await self.load()  # what changed before we listened
            while not connection.is_closed():
                await self._wake.wait()
                await asyncio.sleep(SETTLE_SECONDS)
                self._wake.clear()
                changed, self._changed = self._changed, set()
                if self._trunks_changed:
                    self._trunks_changed = False
                    await self._on_trunks(await all_trunks())
                await self._load(changed)
            raise ConnectionError("the listening connection was closed")
        finally:
            await connection.close(timeout=RETRY_SECONDS)

    def _notice(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._changed.add(UUID(payload))
        self._wake.set()

    def _notice_trunks(self, *_: Any) -> None:
        self._trunks_changed = True
        self._wake.set()

    async def _load(self, tenants: set[UUID]) -> None:
        for tenant_id in tenants:
            try:
                await self._load_one(tenant_id)
            except (OSError, DatabaseUnavailable):
                raise
            except Exception:  # what one tenant has stored must not cost the others their calls
                log.exception("tenant %s cannot be loaded; its calls go by what was known", tenant_id)
                asyncio.get_running_loop().call_later(TRY_AGAIN_SECONDS, self._again, tenant_id)

    async def _load_one(self, tenant_id: UUID) -> None:
        found = await _load_tenant(tenant_id)
        self._tenants[tenant_id] = found
        kept = {number: route for number, route in self._by_number.items() if route.tenant_id != tenant_id}
        self._by_number = kept | found.routes
        await self._on_change(tenant_id, list(found.routes.values()))

    def _again(self, tenant_id: UUID) -> None:
        self._changed.add(tenant_id)
        self._wake.set()


async def _load_tenant(tenant_id: UUID) -> TenantRouting:
    with tenant(tenant_id):
        try:
            company = await tenancy.this_tenant()
        except TenancyError:
            return TenantRouting({}, {}, {})  # the tenant is gone
        policy = await tenancy.read_settings("telephony", OutgoingPolicy)
        routes = {}
        # Of a suspended tenant no number answers; its queues stay, for the calls that run.
        answering = [] if company.suspended_at else await tenancy.main_numbers()
        for number in answering:
            version = number.flow_version_id
            routes[number.number] = Route(
                tenant_id=tenant_id,
                main_number_id=number.id,
                language=company.language,
                region=phonenumbers.region_code_for_number(phonenumbers.parse(number.number, None)) or "",
                published=await _published(number.number, version) if version else None,
                policy=policy,
            )
        hours = {named.id: named for named in await schedules.schedules()}
        return TenantRouting(routes, await queues.load_queues(), hours)


async def _published(number: str, version_id: UUID) -> Published | None:
    """The version that answers a number. One that cannot be read costs only this number."""
    try:
        return await flows.load_published(version_id)
    except (VersionNotFound, FlowInvalid) as error:
        log.error("calls to %s have no flow: %s", number, error)
        return None
