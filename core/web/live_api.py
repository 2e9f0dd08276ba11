"""Queues and people of the signed-in user's tenant as they are now: REST API."""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from core.api.rest import PAGE, After, Limit, Page, page_of, read_cursor
from core.identity.model import Principal
from core.web.boards import PersonItem, QueueBoards, QueueItem


class QueueNowOut(Struct, frozen=True):
    """A queue now. Counts are of logged-in members."""

    id: UUID
    name: str
    service_level_seconds: int
    waiting: int
    waiting_since: Annotated[int, Meta(description="Milliseconds since 1970 UTC of the longest wait; 0: nobody waits")]
    free: int
    busy: int
    pause: int


class PersonNowOut(Struct, frozen=True):
    """A member of queues now."""

    id: UUID
    name: str
    state: Annotated[str, Meta(description="talking, ringing, after_call_work, resting, free or logged_out")]
    since: Annotated[int, Meta(description="Milliseconds since 1970 UTC; 0: unknown")]
    queues: Annotated[tuple[str, ...], Meta(description="Names of the queues in which she is logged in")]


Out = TypeVar("Out", QueueNowOut, PersonNowOut)


class LiveState(Controller):
    """What the live page shows."""

    path = "/api/v1/live"
    tags = ("Live",)
    opt = {"permission": "queues.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get("/queues", summary="Queues now, by name")
    async def queues(
        self,
        request: Request[Principal, Any, Any],
        boards: NamedDependency[QueueBoards],
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[QueueNowOut]:
        """The queues of the company with who waits in them and how many members are there for them."""
        items = (await boards.read(request.user.tenant_id))["queues"]
        return _page((_queue(UUID(key), item) for key, item in items.items()), after, limit)

    @get("/people", summary="Members of queues now, by name")
    async def people(
        self,
        request: Request[Principal, Any, Any],
        boards: NamedDependency[QueueBoards],
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[PersonNowOut]:
        """Everybody who is a member of a queue, and what she does."""
        items = (await boards.read(request.user.tenant_id))["people"]
        return _page((_person(UUID(key), item) for key, item in items.items()), after, limit)


def _page(items: Iterable[Out], after: str, limit: int) -> Page[Out]:
    last = read_cursor(after, tuple[str, UUID]) if after else ("", UUID(int=0))
    return page_of(sorted((item for item in items if _key(item) > last), key=_key), limit, _key)


def _key(item: QueueNowOut | PersonNowOut) -> tuple[str, UUID]:
    return item.name, item.id


def _queue(queue_id: UUID, item: QueueItem) -> QueueNowOut:
    return QueueNowOut(
        queue_id, item.name, item.service_level, item.waiting, item.waiting_since, item.free, item.busy, item.pause
    )


def _person(person_id: UUID, item: PersonItem) -> PersonNowOut:
    return PersonNowOut(person_id, item.name, item.state, item.since, item.queues)
