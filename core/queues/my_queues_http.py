"""My queues: REST API."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from core.api.rest import Page
from core.identity.model import Principal
from core.queues.members import Members
from core.queues.my_queues import MyQueue, my_queues, set_my_login
from core.queues.state import QueueState

Me = Request[Principal, Any, Any]


class LoginIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether I am logged in."""

    logged_in: bool


class MyQueues(Controller):
    """The queues that the one who asks is a member of."""

    path = "/api/v1/profile/queues"
    tags = ("Profile",)
    opt = {"permission": "signed_in"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="My queues")
    async def list(self, request: Me, queue_state: NamedDependency[QueueState]) -> Page[MyQueue]:
        """By name, on one page."""
        return Page(await my_queues(request.user, queue_state))

    @put(summary="Log in to all my queues, or out of them")
    async def all(
        self,
        request: Me,
        data: JSONBody[LoginIn],
        queue_state: NamedDependency[QueueState],
        members: NamedDependency[Members],
    ) -> Page[MyQueue]:
        """Routing and live screens know it at once; a call that I have goes on."""
        await set_my_login(request.user, data.logged_in, members)
        return Page(await my_queues(request.user, queue_state))

    @put("/{queue_id:uuid}", summary="Log in to one of my queues, or out of it")
    async def one(
        self,
        request: Me,
        queue_id: FromPath[UUID],
        data: JSONBody[LoginIn],
        queue_state: NamedDependency[QueueState],
        members: NamedDependency[Members],
    ) -> Page[MyQueue]:
        """Answers with all of them."""
        await set_my_login(request.user, data.logged_in, members, only=queue_id)
        return Page(await my_queues(request.user, queue_state))
