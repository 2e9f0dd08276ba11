"""One act of the operator on a tenant: one transaction, told in both trails."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from core.api.texts import N_
from core.audit.model import Actor, acting_as, current_actor
from core.audit.service import record
from core.data import system, transaction
from core.data.unit import Transaction
from core.tenancy.errors import NoSuchTenant
from core.tenancy.tables import Tenant

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """The running act; `unit` is its transaction, with the system role."""

    unit: Transaction
    operator: UUID | None

    async def tenant(self, tenant_id: UUID) -> Tenant:
        """A company, held against changes by others until the act is over. Raises NoSuchTenant."""
        row = await Tenant.objects().where(Tenant.id == tenant_id).lock_rows("NO KEY UPDATE").first()
        if row is None:
            raise NoSuchTenant(N_("There is no tenant {tenant}."), tenant=tenant_id)
        return row

    async def record(
        self, action: str, tenant: Tenant, *, before: Fields | None = None, after: Fields | None = None
    ) -> None:
        """Say it in the operator's trail, and in the tenant's, where the actor is the platform."""
        if tenant.id != self.operator:
            await self.record_for_operator(action, tenant.id, tenant.name, before=before, after=after)
        with acting_as(_seen_by(tenant, self.operator)):
            await record(action, tenant.id, tenant.name, before=before, after=after, tenant_id=tenant.id)

    async def record_for_operator(
        self,
        action: str,
        subject_id: object = "",
        subject: str = "",
        *,
        before: Fields | None = None,
        after: Fields | None = None,
    ) -> None:
        """Say in the operator's trail what concerns no company; an installation without an operator has none."""
        if self.operator is not None:
            await record(action, subject_id, subject, before=before, after=after, tenant_id=self.operator)


@asynccontextmanager
async def act() -> AsyncIterator[Act]:
    """A block in which the operator changes tenants: `async with act() as this:`. It is done whole or not at all."""
    with system():
        async with transaction() as unit:
            operator = await unit.fetchval("SELECT id FROM tenant WHERE operator")
            yield Act(unit, operator)


def _seen_by(tenant: Tenant, operator: UUID | None) -> Actor:
    """The current actor as a company's trail names it: a user of the operator is the platform to all others."""
    actor = current_actor()
    if tenant.id == operator or actor.kind not in ("user", "token"):
        return actor
    return msgspec.structs.replace(actor, kind="platform", id=None, address="")
