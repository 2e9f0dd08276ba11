"""Many users at once, by the REST API."""

from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from core.api.rest import PAGE, After, Limit, Page, read_cursor
from core.api.sheets import MEDIA_TYPES, Format
from core.directory.bulk.export import export_users, template
from core.directory.bulk.files import LARGEST_FILE
from core.directory.bulk.importing import Choices, Columns, columns_of, plan_import, read_otherwise
from core.directory.bulk.model import Result
from core.directory.bulk.schemas import Batch, ImportIn, Item, NewBatch
from core.directory.bulk.service import Batches, batch, items
from core.directory.users import Shown, UserFilter

MOST_BODY = LARGEST_FILE + (1 << 16)
"""The form around a file has its own size."""


def file_answer(content: bytes, form: Format) -> Response[bytes]:
    """A file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="users.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


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

    @post("/import", summary="Plan an import of users", request_max_body_size=MOST_BODY)
    async def plan_import(self, data: MultipartBody[ImportIn]) -> Response[Batch]:
        """A CSV or XLSX file of at most 10 MB and 10 000 rows, whose first row says what the columns are.

        Nothing is changed yet. A row is about the user with its e-mail address, in a row without one about the user
        with its extension; else she is new. An empty cell leaves what is there.
        """
        choices = Choices(encoding=data.encoding, role=data.role, invite=data.invite == "on")
        made = await plan_import(await data.file.read(), data.file.filename, choices)
        return Response(made, status_code=201, headers={"Location": f"{self.path}/{made.id}"})

    @get("/{batch_id:uuid}/columns", summary="The columns of a file that waits to be imported")
    async def columns(self, batch_id: FromPath[UUID]) -> Columns:
        """Their headers, the first values in each, and the field that each is for."""
        return await columns_of(batch_id)

    @put("/{batch_id:uuid}/columns", summary="Read a file that waits to be imported otherwise")
    async def read_otherwise(self, batch_id: FromPath[UUID], data: JSONBody[Choices]) -> Batch:
        """The same file, with other fields for its columns, or in another encoding."""
        return await read_otherwise(batch_id, data)

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


class UserFiles(Controller):
    """Users to take away, and a file to fill in."""

    path = "/api/v1/user-files"
    tags = ("Users",)
    opt = {"permission": "users.manage"}  # noqa: RUF012  (Litestar's way to declare it)

    @get("/users.csv", summary="Users as CSV", media_type=MEDIA_TYPES["csv"])
    async def users_csv(
        self,
        q: FromQuery[str] = "",
        role: FromQuery[str] = "",
        department: FromQuery[str] = "",
        tag: FromQuery[str] = "",
        show: FromQuery[Shown] = "",
    ) -> Response[bytes]:
        """Those who fit all that is given; an import can read it. The audit trail says so."""
        chosen = UserFilter(q=q, role=role, department=department, tag=tag, show=show)
        return file_answer(await export_users(chosen, "csv"), "csv")

    @get("/users.xlsx", summary="Users as XLSX", media_type=MEDIA_TYPES["xlsx"])
    async def users_xlsx(
        self,
        q: FromQuery[str] = "",
        role: FromQuery[str] = "",
        department: FromQuery[str] = "",
        tag: FromQuery[str] = "",
        show: FromQuery[Shown] = "",
    ) -> Response[bytes]:
        """Those who fit all that is given; an import can read it. The audit trail says so."""
        chosen = UserFilter(q=q, role=role, department=department, tag=tag, show=show)
        return file_answer(await export_users(chosen, "xlsx"), "xlsx")

    @get("/template.csv", summary="An empty CSV file for an import", media_type=MEDIA_TYPES["csv"])
    async def template_csv(self) -> Response[bytes]:
        """With the headers of all fields."""
        return file_answer(await template("csv"), "csv")

    @get("/template.xlsx", summary="An empty XLSX file for an import", media_type=MEDIA_TYPES["xlsx"])
    async def template_xlsx(self) -> Response[bytes]:
        """With the headers of all fields."""
        return file_answer(await template("xlsx"), "xlsx")


BULK_API = (UserBatches, UserFiles)
