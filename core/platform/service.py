"""The companies of the installation, for the operator: find, create, change, suspend and resume."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.columns import Column
from piccolo.columns.combination import WhereRaw
from piccolo.query.functions import Lower

from core.api.errors import Changed, Problems, Refused
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.data import system, tenant
from core.data.unit import Transaction
from core.identity.identifier import checked_identifier
from core.identity.links import PasswordLinks
from core.identity.service import create_user
from core.identity.sessions import Sessions
from core.platform.acts import Act, act
from core.platform.numbers import assign_in
from core.tenancy import service as tenancy
from core.tenancy.errors import NoSuchTenant
from core.tenancy.model import checked_language, checked_name, checked_timezone
from core.tenancy.tables import Tenant

Values = dict[Column | str, Any]


class FirstAdministrator(Struct, frozen=True):
    """Who looks after a new company: she gets a user and is invited."""

    email: str
    name: str


class NewTenant(Struct, frozen=True, kw_only=True):
    """A company to make. `slug`: its short unique name; `timezone`: IANA; `language`: ISO 639.

    `numbers`: main numbers (E.164) that are free in the inventory.
    """

    slug: str
    name: str
    timezone: str = "Europe/Oslo"
    language: str = "nb"
    numbers: tuple[str, ...] = ()
    administrator: FirstAdministrator | None = None
    operator: bool = False


class TenantChange(Struct, frozen=True, kw_only=True):
    """What can be changed of a company."""

    name: str
    timezone: str
    language: str


async def find_tenants(search: str = "", *, after: tuple[str, str] | None = None, limit: int = 50) -> Page[Tenant]:
    """Companies whose name or short name contains `search`, by name; `after`: those behind this name and slug."""
    query = Tenant.objects().order_by(Lower(Tenant.name)).order_by(Tenant.slug).limit(limit + 1)
    if search:
        pattern = f"%{_escaped(search)}%"
        query = query.where(Tenant.name.ilike(pattern) | Tenant.slug.ilike(pattern))
    if after is not None:
        query = query.where(WhereRaw("(lower(name), slug) > ({}, {})", *after))
    with system():
        return page_of(await query, limit, lambda row: [row.name.lower(), row.slug])


async def tenant_of(tenant_id: UUID) -> Tenant:
    """A company. Raises NoSuchTenant."""
    with system():
        row = await Tenant.objects().where(Tenant.id == tenant_id).first()
    if row is None:
        raise NoSuchTenant(N_("There is no tenant {tenant}."), tenant=tenant_id)
    return row


async def create_tenant(new: NewTenant, links: PasswordLinks | None = None) -> Tenant:
    """Make a company, give it its numbers, and make its first administrator. `links`: invites her; None: she is not.

    Raises TenancyError when its short name is taken or a number is not free, Invalid for what cannot be right.
    """
    if new.administrator is not None:
        checked_identifier("email", new.administrator.email, "")
    async with act() as this:
        row = await tenancy.create_tenant(
            new.slug, new.name, timezone=new.timezone, language=new.language, operator=new.operator
        )
        await this.record("tenant.created", row, after=facts(row))
        if new.numbers:
            await assign_in(this, row, new.numbers)
    if new.administrator is not None:
        with tenant(row.id):
            user = await create_user(
                new.administrator.email, new.administrator.name, role="administrator", language=row.language
            )
            if links is not None:
                await links.invite(user.id)
    return row


async def change_tenant(tenant_id: UUID, change: TenantChange, version: int) -> Tenant:
    """Give a company another name, time zone or language. Raises NoSuchTenant, Changed, Invalid."""
    problems = Problems()
    with problems.of("name"):
        checked_name(change.name)
    with problems.of("timezone"):
        checked_timezone(change.timezone)
    with problems.of("language"):
        checked_language(change.language)
    problems.check()
    values: Values = {"name": change.name.strip(), "timezone": change.timezone, "language": change.language}
    async with act() as this:
        before, after = await _update(this, tenant_id, version, values)
        await this.record("tenant.changed", after, before=facts(before), after=facts(after))
    return after


async def suspend(sessions: Sessions, tenant_id: UUID, version: int) -> Tenant:
    """From now on nobody of the company is or gets signed in, and no number of it answers; a running call goes on.

    Raises NoSuchTenant, Changed; Refused for the operator's own company.
    """
    async with act() as this:
        if (await this.tenant(tenant_id)).operator:
            raise Refused(N_("The operator's own company cannot be suspended."))
        _, after = await _update(this, tenant_id, version, {"suspended_at": datetime.now(UTC)})
        await this.record("tenant.suspended", after)
        users = await _users(this.unit, tenant_id)
    for user_id in users:
        await sessions.revoke(user_id)
    return after


async def resume(tenant_id: UUID, version: int) -> Tenant:
    """The company works again as before. Raises NoSuchTenant, Changed; Refused when it is being erased."""
    async with act() as this:
        if (await this.tenant(tenant_id)).erasing_at is not None:
            raise Refused(N_("This company is being erased; it cannot work again."))
        _, after = await _update(this, tenant_id, version, {"suspended_at": None})
        await this.record("tenant.resumed", after)
    return after


def facts(row: Tenant) -> dict[str, object]:
    """What the trails say of a company."""
    return {"slug": row.slug, "name": row.name, "timezone": row.timezone, "language": row.language}


async def _update(this: Act, tenant_id: UUID, version: int, values: Values) -> tuple[Tenant, Tenant]:
    """The company before and after. Raises NoSuchTenant; Changed when `version` is not its version any more."""
    before = await this.tenant(tenant_id)
    same = (Tenant.id == tenant_id) & (Tenant.version == version)
    changed = await Tenant.update(values | {"version": version + 1}).where(same).returning(*Tenant.all_columns())
    if not changed:
        raise Changed
    return before, Tenant(**changed[0])


async def _users(unit: Transaction, tenant_id: UUID) -> Sequence[UUID]:
    return [row["id"] for row in await unit.fetch("SELECT id FROM user_account WHERE tenant_id = $1", tenant_id)]


def _escaped(text: str) -> str:
    """Text that stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
