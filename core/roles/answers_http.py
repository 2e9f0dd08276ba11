""" "Why may she?" and "Who may?" as the REST API answers them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.api.rest import PAGE, After, Limit, Page, read_cursor
from core.roles.access import Accesses
from core.roles.answers import company_of, holder, permission_of, roles_for, who, why, why_all
from core.roles.schemas import HolderOut, RoleAnswerOut, UserAnswerOut

Asked = Request[Any, Any, Any]
VIEW = {"permission": "roles.view"}


class Permissions(Controller):
    """Who may do something, and why."""

    path = "/api/v1/permissions/{permission:str}"
    tags = ("Roles",)
    opt = VIEW

    @get("/roles", summary="Which roles may")
    async def roles(
        self, request: Asked, permission: FromPath[str], accesses: NamedDependency[Accesses]
    ) -> Page[RoleAnswerOut]:
        """Every role, and whether it gives the permission or why not; there is one page."""
        company = await company_of(accesses, request.user)
        asked = permission_of(accesses.catalogue, company, permission)
        found = await roles_for(accesses.catalogue, company, asked)
        return Page([RoleAnswerOut.of(one) for one in found])

    @get("/users", summary="Who may")
    async def users(
        self,
        request: Asked,
        permission: FromPath[str],
        accesses: NamedDependency[Accesses],
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[HolderOut]:
        """A page of the users who may do this just now, by name."""
        place = read_cursor(after, tuple[str, UUID]) if after else None
        company = await company_of(accesses, request.user)
        found = await who(accesses.catalogue, company, permission, after=place, limit=limit)
        return found.map(HolderOut.of)

    @get("/users/{user_id:uuid}", summary="Why may she?")
    async def why(
        self, request: Asked, permission: FromPath[str], user_id: FromPath[UUID], accesses: NamedDependency[Accesses]
    ) -> UserAnswerOut:
        """Every link between a user's role and a permission, and the answer."""
        company = await company_of(accesses, request.user)
        her = await holder(user_id)
        return UserAnswerOut.of(her, await why(accesses.catalogue, company, her, permission))


class UserPermissions(Controller):
    """What a user may do, and why."""

    path = "/api/v1/users/{user_id:uuid}/permissions"
    tags = ("Roles",)
    opt = VIEW

    @get(summary="What may she?")
    async def list(
        self, request: Asked, user_id: FromPath[UUID], accesses: NamedDependency[Accesses]
    ) -> Page[UserAnswerOut]:
        """Everything that anybody in the company may do, and whether she may; there is one page."""
        company = await company_of(accesses, request.user)
        her = await holder(user_id)
        return Page([UserAnswerOut.of(her, one) for one in await why_all(accesses.catalogue, company, her)])


ANSWERS_API = (Permissions, UserPermissions)
