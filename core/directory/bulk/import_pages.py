"""Pages for files: users out of one, the columns that it has, users as one."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, MultipartBody, URLEncodedBody
from litestar.response import Template

from core.api.errors import Invalid, Refused
from core.api.sheets import Format
from core.api.texts import N_
from core.directory.bulk.columns import COLUMNS, titles
from core.directory.bulk.export import export_users, template
from core.directory.bulk.files import LARGEST_FILE
from core.directory.bulk.http import MOST_BODY, file_answer
from core.directory.bulk.importing import Choices, columns_of, plan_import, read_otherwise
from core.directory.bulk.pages import PATH as BATCHES
from core.directory.bulk.schemas import ImportIn
from core.directory.custom_fields import custom_fields
from core.directory.user_forms import FIELD_NAMES
from core.directory.users import Shown, UserFilter
from core.roles.members import translated_roles
from core.ui.forms import problem_of
from core.ui.shell import done, page
from core.ui.templating import _

PATH = "/admin/users/import"
MANAGE = {"permission": "users.manage"}
COLUMN = "column."
"""Before the number of a column in the form."""
ENCODINGS = {
    "": N_("What it looks like"),
    "utf-8": N_("UTF-8"),
    "cp1252": N_("Western European (Windows-1252)"),
    "cp1257": N_("Baltic (Windows-1257)"),
}
Asked = Request[Any, Any, Any]


@get(PATH, opt=MANAGE, include_in_schema=False)
async def import_page(request: Asked) -> Template:
    """Choose a file."""
    return await _import(request)


@post(PATH, opt=MANAGE, include_in_schema=False, request_max_body_size=MOST_BODY)
async def upload(request: Asked, data: MultipartBody[ImportIn]) -> Response[Any]:
    """Look at what it would bring; nothing is changed yet."""
    choices = Choices(encoding=data.encoding, role=data.role, invite=data.invite == "on")
    try:
        made = await plan_import(await data.file.read(), data.file.filename, choices)
    except Refused as error:
        return await _import(request, choices, error)
    return done(request, f"{BATCHES}/{made.id}")


@get(f"{PATH}/template", opt=MANAGE, include_in_schema=False)
async def template_file(form: FromQuery[Format] = "xlsx") -> Response[bytes]:
    """A file to fill in."""
    return file_answer(await template(form), form)


@get("/admin/users/export", opt=MANAGE, include_in_schema=False)
async def export(
    form: FromQuery[Format] = "xlsx",
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    tag: FromQuery[str] = "",
    show: FromQuery[Shown] = "",
) -> Response[bytes]:
    """The users of the list as it is filtered."""
    return file_answer(await export_users(UserFilter(q=q, role=role, tag=tag, show=show), form), form)


@get(f"{BATCHES}/{{batch_id:uuid}}/columns", opt=MANAGE, include_in_schema=False)
async def columns_page(request: Asked, batch_id: FromPath[UUID]) -> Template:
    """What the columns of a file are for."""
    return await _columns(request, batch_id)


@post(f"{BATCHES}/{{batch_id:uuid}}/columns", opt=MANAGE, include_in_schema=False)
async def save_columns(request: Asked, batch_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Read the file as was said."""
    found = await columns_of(batch_id)
    try:
        if data.get("encoding", "") not in ENCODINGS:
            raise Invalid(N_("Choose one of the encodings."), field="encoding")
        choices = Choices(
            columns=[data.get(f"{COLUMN}{place}", "") for place in range(len(found.headers))],
            encoding=data.get("encoding", ""),  # type: ignore[arg-type]
            role=found.choices.role,
            invite=found.choices.invite,
        )
        await read_otherwise(batch_id, choices)
    except Refused as error:
        return await _columns(request, batch_id, error)
    return done(request, f"{BATCHES}/{batch_id}")


async def _import(request: Asked, choices: Choices | None = None, error: Refused | None = None) -> Template:
    return page(
        request,
        "admin/user_import.html",
        status=error.status if error else 200,
        choices=choices or Choices(role="user"),
        roles={"": _("None: they do not sign in"), **await translated_roles()},
        encodings={key: _(title) for key, title in ENCODINGS.items()},
        most=LARGEST_FILE >> 20,
        problem=problem_of(error) if error else "",
    )


async def _columns(request: Asked, batch_id: UUID, error: Refused | None = None) -> Template:
    fields = await custom_fields()
    names = titles(fields, {name: _(FIELD_NAMES[name]) for name in COLUMNS})
    return page(
        request,
        "admin/user_columns.html",
        status=error.status if error else 200,
        path=f"{BATCHES}/{batch_id}",
        found=await columns_of(batch_id),
        fields={"": _("Is left out"), "name": _("First and last name"), **names},
        encodings={key: _(title) for key, title in ENCODINGS.items()},
        problem=problem_of(error) if error else "",
    )


PAGES = (import_page, upload, template_file, export, columns_page, save_columns)
