"""The queues of the signed-in user's tenant as they are now: REST API."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from core.identity.model import Principal
from core.web.boards import PersonItem, QueueBoards, QueueItem


class QueueOut(Struct, frozen=True):
    """A queue now. Counts are of logged-in members."""

    id: UUID
    name: str
    service_level_seconds: int
    waiting: int
    waiting_since: Annotated[int, Meta(description="Milliseconds since 1970 UTC of the longest wait; 0: nobody waits")]
    free: int
    busy: int
    pause: int


class MemberOut(Struct, frozen=True):
    """A member of a queue now; `since`: milliseconds since 1970 UTC, 0: unknown."""

    id: UUID
    name: str
    state: str
    since: int
    queues: tuple[str, ...]


class QueuesNow(Struct, frozen=True):
    queues: list[QueueOut]
    members: list[MemberOut]


@get("/api/queues", opt={"permission": "queues.view"}, tags=["Queues"], summary="Queues and their members now")
async def queues_now(request: Request[Principal, Any, Any], boards: NamedDependency[QueueBoards]) -> QueuesNow:
    """The live state that the live page shows."""
    topics = await boards.read(request.user.tenant_id)
    return QueuesNow(
        [_queue(UUID(key), item) for key, item in topics["queues"].items()],
        [_member(UUID(key), item) for key, item in topics["people"].items()],
    )


def _queue(queue_id: UUID, item: QueueItem) -> QueueOut:
    return QueueOut(
        queue_id, item.name, item.service_level, item.waiting, item.waiting_since, item.free, item.busy, item.pause
    )


def _member(person_id: UUID, item: PersonItem) -> MemberOut:
    return MemberOut(person_id, item.name, item.state, item.since, item.queues)
