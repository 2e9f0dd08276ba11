"""What each request's user may do: kept in memory by tenant and role, read anew when the tenant's stamp is another."""

import logging
from collections.abc import Callable, Mapping
from time import monotonic
from uuid import UUID

from msgspec import Struct

from core.data import DatabaseUnavailable, tenant
from core.identity.model import Principal
from core.identity.service import CHECK_SECONDS
from core.roles.levels import custom_levels
from core.roles.model import Access, AccessLevel, Catalogue

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""While PostgreSQL is away, not every request waits for it."""


class _Known(Struct):
    """The custom roles of a tenant as they were read. `made`: what came of them, by what else decides it."""

    stamp: str
    levels: Mapping[str, Mapping[str, AccessLevel]]
    read_at: float
    tried_at: float
    made: dict[tuple[str, frozenset[str], bool], Access]


class Accesses:
    """`on(tenant_id)`: the plugins that are on for a tenant just now, from memory."""

    def __init__(self, catalogue: Catalogue, on: Callable[[UUID], frozenset[str]]) -> None:
        self.catalogue = catalogue
        self.on = on
        self._known: dict[UUID, _Known] = {}

    async def of(self, principal: Principal, stamp: str) -> Access:
        """What the user may do; `stamp`: the tenant's from before her role was read.

        While PostgreSQL is away it is what was known. A role that is not known gives nothing beyond being signed in.
        """
        known = await self._tenant(principal.tenant_id, stamp)
        role, on, operator = wanted = (principal.role, self.on(principal.tenant_id), principal.operator)
        if (access := known.made.get(wanted)) is None:
            levels = known.levels.get(role) or self.catalogue.system_levels(role)
            access = known.made[wanted] = self.catalogue.access(role, levels, on, operator=operator)
        return access

    async def _tenant(self, tenant_id: UUID, stamp: str) -> _Known:
        """The tenant's roles: as they are now, or as they were before PostgreSQL went away."""
        now = monotonic()
        known = self._known.get(tenant_id)
        if known is None:
            known = self._known[tenant_id] = _Known("", {}, -CHECK_SECONDS, -RETRY_SECONDS, {})
        fresh = known.stamp == stamp and now - known.read_at < CHECK_SECONDS
        if fresh or now - known.tried_at < RETRY_SECONDS:
            return known
        try:
            with tenant(tenant_id):
                levels = await custom_levels()
        except DatabaseUnavailable as error:
            log.warning("the roles of tenant %s are taken to be as they were: %s", tenant_id, error)
            known.tried_at = monotonic()
            return known
        found = self._known[tenant_id] = _Known(stamp, levels, now, -RETRY_SECONDS, {})
        return found
