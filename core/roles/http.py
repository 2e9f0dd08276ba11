"""Roles of the signed-in user's company: REST API."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET
from redis.asyncio import Redis

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.identity.model import USER
from core.roles.access import Accesses
from core.roles.answers import company_of
from core.roles.names import custom_id
from core.roles.schemas import AreaOut, FallenBack, RoleChange, RoleIn, RoleOut, level_of
from core.roles.service import change_role, create_role, delete_role, role, roles

MANAGE = {"permission": "roles.manage"}


class Roles(Controller):
    """Who may what: each user has one role, and a role has a level in each area of the product."""

    path = "/api/v1/roles"
    tags = ("Roles",)
    opt = {"permission": "roles.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="All roles")
    async def list(self, accesses: NamedDependency[Accesses]) -> Page[RoleOut]:
        """The system's, then the company's own by name; there is one page."""
        return Page([RoleOut.of(one) for one in await roles(accesses.catalogue)])

    @get("/areas", summary="What roles can give access to")
    async def areas(self, request: Request[Any, Any, Any], accesses: NamedDependency[Accesses]) -> Page[AreaOut]:
        """The areas of the product and of the granted modules, with their permissions; there is one page."""
        company = await company_of(accesses, request.user)
        areas = company.areas(accesses.catalogue)
        return Page([AreaOut.of(area, on=company.there(area) == "there") for area in areas])

    @post(summary="Make a role", opt=MANAGE)
    async def create(
        self, data: JSONBody[RoleIn], redis: NamedDependency[Redis], accesses: NamedDependency[Accesses]
    ) -> Response[RoleOut]:
        """It begins with what another role gives, as far as only administrators may not."""
        made = await create_role(redis, accesses.catalogue, data.name, data.copy)
        return with_etag(RoleOut.of(made), made.version, status=201, Location=f"{self.path}/{made.key}")

    @get("/{key:str}", summary="A role")
    async def one(self, key: FromPath[str], accesses: NamedDependency[Accesses]) -> Response[RoleOut]:
        """Its level in every area."""
        found = await role(accesses.catalogue, key)
        return with_etag(RoleOut.of(found), found.version)

    @patch("/{key:str}", summary="Change a role", opt=MANAGE)
    async def change(
        self,
        key: FromPath[str],
        data: JSONBody[RoleChange],
        redis: NamedDependency[Redis],
        accesses: NamedDependency[Accesses],
        if_match: IfMatch = "",
    ) -> Response[RoleOut]:
        """The next request of everybody who has it goes by the new levels."""
        name = None if data.name is UNSET else data.name
        levels = {} if data.levels is UNSET else {area: level_of(level) for area, level in data.levels.items()}
        changed = await change_role(redis, accesses.catalogue, custom_id(key), wanted_version(if_match), name, levels)
        return with_etag(RoleOut.of(changed), changed.version)

    @delete("/{key:str}", summary="Delete a role", opt=MANAGE, status_code=200)
    async def remove(self, key: FromPath[str], redis: NamedDependency[Redis], if_match: IfMatch = "") -> FallenBack:
        """Those who have it get the system role User; the answer says who they are."""
        members = await delete_role(redis, custom_id(key), wanted_version(if_match))
        return FallenBack(USER, [user.id for user in members])
