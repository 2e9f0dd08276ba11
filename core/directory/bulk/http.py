"""Many users at once, by the REST API."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core.api.rest import PAGE, After, Limit, Page, read_cursor
from core.directory.bulk.model import Result
from core.directory.bulk.schemas import Batch, Item, NewBatch
from core.directory.bulk.service import Batches, batch, items


class UserBatches(Controller):
    """Lists of changes to users: looked at, confirmed, carried out, undone. They are forgotten after a week."""

    path = "/api/v1/user-batches"
    tags = ("Users",)
    opt = {"permission": "users.manage"}  # noqa: RUF012  (Litestar's way to declare it)

    @post(summary="Plan a change of many users")
    async def create(self, data: JSONBody[NewBatch], batches: NamedDependency[Batches]) -> Response[Batch]:
        """Nothing is changed yet: the answer says of how many users what would come."""
        made = await batches.plan(data.act, data.users)
        return Response(made, status_code=201, headers={"Location": f"{self.path}/{made.id}"})

    @get("/{batch_id:uuid}", summary="A list of changes")
    async def one(self, batch_id: FromPath[UUID]) -> Batch:
        """How far it is, and what came of it."""
        return await batch(batch_id)

    @get("/{batch_id:uuid}/items", summary="The users of a list of changes")
    async def items(
        self,
        batch_id: FromPath[UUID],
        result: FromQuery[Result | None] = None,
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[Item]:
        """Each with what came of it, or would come, and why not. `result`: only those with this one."""
        await batch(batch_id)
        place = read_cursor(after, tuple[int])[0] if after else 0
        return await items(batch_id, result=result, after=place, limit=limit)

    @post("/{batch_id:uuid}/confirmation", summary="Carry out a list of changes", status_code=200)
    async def confirm(self, batch_id: FromPath[UUID], batches: NamedDependency[Batches]) -> Batch:
        """Once. A long one goes on in the background: ask for it again until its state is `done`."""
        return await batches.confirm(batch_id)

    @post("/{batch_id:uuid}/undo", summary="Undo a list of changes")
    async def undo(self, batch_id: FromPath[UUID], batches: NamedDependency[Batches]) -> Response[Batch]:
        """A list of its own, which is carried out at once; who has been changed since is left as she is."""
        made = await batches.undo(batch_id)
        return Response(made, status_code=201, headers={"Location": f"{self.path}/{made.id}"})
