"""The queues of a user, by the REST API (USR-6)."""

from uuid import UUID

from litestar import Controller, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.api.rest import IfMatch, Page, wanted_version, with_etag
from core.queues.members import Members, Place, PlaceChange


class UserQueues(Controller):
    """Where a user is a member: log-in state and priority."""

    path = "/api/v1/users/{user_id:uuid}/queues"
    tags = ("Users",)
    opt = {"permission": "users.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="A user's queues")
    async def list(self, user_id: FromPath[UUID], members: NamedDependency[Members]) -> Page[Place]:
        """By name, on one page."""
        return Page(await members.places(user_id))

    @get("/{queue_id:uuid}", summary="A user's place in a queue")
    async def one(
        self, user_id: FromPath[UUID], queue_id: FromPath[UUID], members: NamedDependency[Members]
    ) -> Response[Place]:
        """Whether she is logged in, and her priority."""
        found = await members.place(user_id, queue_id)
        return with_etag(found, found.version)

    @patch(
        "/{queue_id:uuid}", summary="Log a user in or out, or change her priority", opt={"permission": "users.manage"}
    )
    async def change(
        self,
        user_id: FromPath[UUID],
        queue_id: FromPath[UUID],
        data: JSONBody[PlaceChange],
        members: NamedDependency[Members],
        if_match: IfMatch = "",
    ) -> Response[Place]:
        """Calls follow at once; one that she has goes on."""
        after = await members.change(user_id, queue_id, data, version=wanted_version(if_match))
        return with_etag(after, after.version)
