""" "Why may she?" and "Who may?": answered from what the roles, the modules and the accounts are just now."""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct

from core.api.errors import NotFound
from core.api.rest import Page, page_of
from core.api.texts import N_
from core.data import current_tenant, transaction
from core.identity.errors import NoSuchUser
from core.identity.model import Principal
from core.identity.tables import ROLE
from core.roles.access import Accesses
from core.roles.explain import Chain, Company, chain, chains
from core.roles.model import Catalogue, Permission
from core.roles.service import RoleInfo, role, roles
from core.tenancy.service import modules

_USER = f"""
    SELECT u.id, u.name, u.email, {ROLE} AS role, u.active, lower(u.name) AS sort
      FROM user_account u"""  # noqa: S608


class Holder(Struct, frozen=True):
    """Somebody who has a role. `id`: of her account."""

    id: UUID
    name: str
    email: str
    role: str
    active: bool
    sort: str = ""


class RoleAnswer(Struct, frozen=True):
    """What a role may make of a permission."""

    role: RoleInfo
    chain: Chain


async def company_of(accesses: Accesses, principal: Principal) -> Company:
    """What the company of somebody has just now."""
    granted = frozenset(name for name, row in (await modules()).items() if row.entitled)
    return Company(accesses.on(current_tenant()) & granted, granted, principal.operator)


def permission_of(catalogue: Catalogue, company: Company, key: str) -> Permission:
    """The permission with this key, of an area that the company can have. Raises NotFound."""
    for area in company.areas(catalogue):
        for permission in area.permissions:
            if permission.key == key:
                return permission
    raise NotFound(N_("There is no permission {key}."), key=key[:100])


async def holder(user_id: UUID) -> Holder:
    """A user of the tenant in force, by the id of her account or of her entry. Raises NoSuchUser."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(f"{_USER} WHERE u.id = $1 OR u.person_id = $1", user_id)
    if row is None:
        raise NoSuchUser(N_("There is no such user, or she has no account."))
    return Holder(**dict(row))


async def why(catalogue: Catalogue, company: Company, her: Holder, key: str) -> Chain:
    """Why she may do this, or may not. Raises NotFound for a permission that is none."""
    permission = permission_of(catalogue, company, key)
    return chain(catalogue, company, permission, (await role(catalogue, her.role)).levels, active=her.active)


async def why_all(catalogue: Catalogue, company: Company, her: Holder) -> list[Chain]:
    """The same for everything that anybody in the company may do."""
    return list(chains(catalogue, company, (await role(catalogue, her.role)).levels, active=her.active))


async def roles_for(catalogue: Catalogue, company: Company, permission: Permission) -> list[RoleAnswer]:
    """Every role, and what it may make of the permission."""
    return [RoleAnswer(one, chain(catalogue, company, permission, one.levels)) for one in await roles(catalogue)]


async def holders(having: Collection[str], *, after: tuple[str, UUID] | None = None, limit: int = 50) -> Page[Holder]:
    """Who may sign in and has one of these roles, by name; `after`: the place of the last one of the page before."""
    sort, last = after or ("", UUID(int=0))
    sql = f"{_USER} WHERE u.active AND {ROLE} = ANY($1) AND (lower(u.name), u.id) > ($2, $3) ORDER BY 6, 1 LIMIT $4"
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(sql, list(having), sort, last, limit + 1)
    return page_of([Holder(**dict(row)) for row in rows], limit, lambda one: [one.sort, one.id])


async def who(
    catalogue: Catalogue,
    company: Company,
    key: str,
    *,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> Page[Holder]:
    """Who may do this just now, by name. Raises NotFound for a permission that is none."""
    answers = await roles_for(catalogue, company, permission_of(catalogue, company, key))
    giving = [one.role.key for one in answers if one.chain.verdict == "allowed"]
    return await holders(giving, after=after, limit=limit)
