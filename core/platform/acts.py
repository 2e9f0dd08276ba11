"""One act of the operator on a tenant: one transaction, told in both trails."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from core.audit.model import Actor, acting_as, current_actor
from core.audit.service import record
from core.data import system, transaction
from core.data.unit import Transaction
from core.tenancy.tables import Tenant


@dataclass(frozen=True, slots=True)
class Act:
    """The running act; `unit` is its transaction, with the system role."""

    unit: Transaction
    operator: UUID | None

    async def record(
        self,
        action: str,
        tenant: Tenant,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Say it in the operator's trail, and in the tenant's, where the actor is the platform."""
        if self.operator is not None:
            await record(action, tenant.id, tenant.name, before=before, after=after, tenant_id=self.operator)
        if tenant.id != self.operator:
            with acting_as(seen_by_the_tenant(current_actor())):
                await record(action, tenant.id, tenant.name, before=before, after=after, tenant_id=tenant.id)


def seen_by_the_tenant(actor: Actor) -> Actor:
    """The actor as another company's trail names it: a user of the operator is the platform to it."""
    if actor.kind not in ("user", "token"):
        return actor
    return msgspec.structs.replace(actor, kind="platform", id=None, address="")


@asynccontextmanager
async def act() -> AsyncIterator[Act]:
    """A block in which the operator changes tenants: `async with act() as this:`. It is done whole or not at all."""
    with system():
        async with transaction() as unit:
            operator = await unit.fetchval("SELECT id FROM tenant WHERE operator")
            yield Act(unit, operator)
