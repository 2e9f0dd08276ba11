"""What a media process must know to route calls, kept in memory so that it goes on while PostgreSQL is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import phonenumbers
from msgspec import Struct

from core.data import Database, DatabaseUnavailable, tenant
from core.flows import service as flows
from core.flows.document import Published
from core.telephony.limits import OutgoingPolicy
from core.tenancy import service as tenancy

log = logging.getLogger(__name__)

CHANNEL = "routing"
"""PostgreSQL channel on which triggers tell whose routing changed (migration 0002 of this package)."""
SETTLE_SECONDS = 0.05
"""Changes are gathered for so long before they are loaded."""
RETRY_SECONDS = 1.0


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


class Routing:
    """Main numbers of all tenants and what answers them. `on_change(tenants)` hears of tenants just loaded."""

    def __init__(self, database: Database, on_change: Callable[[Mapping[UUID, list[Route]]], Awaitable[None]]) -> None:
        self._database = database
        self._on_change = on_change
        self._by_number: dict[str, Route] = {}
        self._changed: set[UUID] = set()
        self._wake = asyncio.Event()

    def route(self, number: str) -> Route | None:
        """The route of a dialled number (E.164); None: nobody has it."""
        return self._by_number.get(number)

    def owns(self, tenant_id: UUID, number: str) -> bool:
        """Whether the number is one of the tenant's, so that it may be presented."""
        route = self._by_number.get(number)
        return route is not None and route.tenant_id == tenant_id

    async def load(self) -> None:
        """Load every tenant. Raises DatabaseUnavailable."""
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
            connection.add_termination_listener(lambda _: self._wake.set())
            await self.load()  # what changed before we listened
            while not connection.is_closed():
                await self._wake.wait()
                await asyncio.sleep(SETTLE_SECONDS)
                self._wake.clear()
                changed, self._changed = self._changed, set()
                await self._load(changed)
            raise ConnectionError("the listening connection was closed")
        finally:
            await connection.close(timeout=RETRY_SECONDS)

    def _notice(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._changed.add(UUID(payload))
        self._wake.set()

    async def _load(self, tenants: set[UUID]) -> None:
        found = {tenant_id: await _routes_of(tenant_id) for tenant_id in tenants}
        kept = {number: route for number, route in self._by_number.items() if route.tenant_id not in tenants}
        for routes in found.values():
            kept |= routes
        self._by_number = kept
        await self._on_change({tenant_id: list(routes.values()) for tenant_id, routes in found.items()})


async def _routes_of(tenant_id: UUID) -> dict[str, Route]:
    with tenant(tenant_id):
        company = await tenancy.this_tenant()
        policy = await tenancy.read_settings("telephony", OutgoingPolicy)
        routes = {}
        for number in await tenancy.main_numbers():
            version = number.flow_version_id
            routes[number.number] = Route(
                tenant_id=tenant_id,
                main_number_id=number.id,
                language=company.language,
                region=phonenumbers.region_code_for_number(phonenumbers.parse(number.number, None)) or "",
                published=await flows.load_published(version) if version else None,
                policy=policy,
            )
    return routes
