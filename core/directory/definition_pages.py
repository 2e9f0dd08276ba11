"""Pages of what a company settles for its directory: custom fields (DIR-9), and what statuses are called (AVL-1)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Template

from core.api.errors import Changed, Invalid, Refused
from core.api.texts import N_
from core.directory.custom_fields import KIND_NAMES, Field, custom_field, custom_fields
from core.directory.field_changes import FieldChange, add_field, change_field, order_fields, remove_field
from core.directory.model import FieldKind, Option, Status
from core.directory.status_names import StatusNames, rename_statuses, status_names
from core.ui.forms import number_in, problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _, current_view
from core.ui.translations import LANGUAGES, language_name

FIELDS, STATUSES = "/admin/users/fields", "/admin/users/statuses"
VIEW, MANAGE = {"permission": "users.view"}, {"permission": "users.manage"}
OPTION = "option."
"""Before the key of an option in the form of a field."""
Asked = Request[Any, Any, Any]


@dataclass
class FieldState:
    """What the buttons of a field send. `used`: how many people's values were said to go."""

    version: int = 0
    used: int = 0


@dataclass
class Move:
    """One field up or down."""

    field: UUID
    by: int = 0


@get(FIELDS, opt=VIEW, include_in_schema=False)
async def fields_page(request: Asked) -> Template:
    """The custom fields in their order, and the retired ones."""
    return await _fields(request)


@get(f"{FIELDS}/new", opt=MANAGE, include_in_schema=False)
async def new_field_page(request: Asked) -> Template:
    """The form of a new field."""
    return _field(request, None, {"kind": FieldKind.TEXT.value})


@post(FIELDS, opt=MANAGE, include_in_schema=False)
async def create_field(request: Asked, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Add a field, the last one."""
    try:
        made = await add_field(_change(data, None))
    except Refused as error:
        return _field(request, None, data, error)
    return done(request, FIELDS, _("The field %(title)s is added.") % {"title": made.title})


@post(f"{FIELDS}/order", opt=MANAGE, include_in_schema=False)
async def move_field(request: Asked, data: URLEncodedBody[Move]) -> Response[Any]:
    """Put a field one place up (by = -1) or down (1), among those that are shown."""
    await custom_field(data.field)
    fields = await custom_fields()
    ids = [one.id for one in fields.shown]
    if data.field in ids and data.by in (-1, 1):
        place = ids.index(data.field)
        ids.insert(max(place + data.by, 0), ids.pop(place))
    try:
        await order_fields([*ids, *(one.id for one in fields.all if one.retired)])
    except Refused as error:
        return await _fields(request, error)
    return done(request, FIELDS)


@get(f"{FIELDS}/{{field_id:uuid}}", opt=VIEW, include_in_schema=False)
async def field_page(request: Asked, field_id: FromPath[UUID]) -> Template:
    """One field."""
    return _field(request, await custom_field(field_id))


@post(f"{FIELDS}/{{field_id:uuid}}", opt=MANAGE, include_in_schema=False)
async def save_field(request: Asked, field_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Keep the definition; values go along, or stop it."""
    try:
        version = number_in(data.get("version", ""), "version") or 0
        after = await change_field(field_id, _change(data, await custom_field(field_id)), version=version)
    except Refused as error:
        return _field(request, await custom_field(field_id), data, error)
    return done(request, FIELDS, _("The field %(title)s is saved.") % {"title": after.title})


@post(f"{FIELDS}/{{field_id:uuid}}/retire", opt=MANAGE, include_in_schema=False)
async def retire_field(request: Asked, field_id: FromPath[UUID], data: URLEncodedBody[FieldState]) -> Response[Any]:
    """Nobody sees the field any more; its values wait."""
    return await _set_retired(request, field_id, data, retired=True)


@post(f"{FIELDS}/{{field_id:uuid}}/bring-back", opt=MANAGE, include_in_schema=False)
async def bring_field_back(request: Asked, field_id: FromPath[UUID], data: URLEncodedBody[FieldState]) -> Response[Any]:
    """The field is there again, with the values that people had."""
    return await _set_retired(request, field_id, data, retired=False)


@post(f"{FIELDS}/{{field_id:uuid}}/remove", opt=MANAGE, include_in_schema=False)
async def delete_field(request: Asked, field_id: FromPath[UUID], data: URLEncodedBody[FieldState]) -> Response[Any]:
    """Remove a field with its values, as confirmed."""
    gone = await custom_field(field_id)
    try:
        await remove_field(field_id, used=data.used, version=data.version)
    except Refused as error:
        return await _fields(request, error)
    return done(request, FIELDS, _("The field %(title)s is removed.") % {"title": gone.title})


@get(STATUSES, opt=VIEW, include_in_schema=False)
async def statuses_page(request: Asked, language: FromQuery[str] = "") -> Template:
    """What statuses are called in a language."""
    return await _statuses(request, language)


@post(STATUSES, opt=MANAGE, include_in_schema=False)
async def save_statuses(request: Asked, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Keep the names in one language."""
    language = data.get("language", "")
    try:
        version = number_in(data.get("version", ""), "version") or 0
        await rename_statuses(language, {one: data.get(one.value, "") for one in Status}, version=version)
    except Refused as error:
        return await _statuses(request, language, data, error)
    return done(request, f"{STATUSES}?language={language}", _("The names are saved."))


async def _set_retired(request: Asked, field_id: UUID, sent: FieldState, *, retired: bool) -> Response[Any]:
    before = await custom_field(field_id)
    try:
        wanted = msgspec.structs.replace(FieldChange.of(before), retired=retired)
        await change_field(field_id, wanted, version=sent.version)
    except Refused as error:
        return await _fields(request, error)
    text = _("The field %(title)s is retired. Its values are kept.") if retired else _("The field %(title)s is back.")
    return done(request, FIELDS, text % {"title": before.title})


def _change(form: dict[str, str], before: Field | None) -> FieldChange:
    """What the form of a field asks for: options that are there by their keys, new ones one a line."""
    try:
        kind = FieldKind(form.get("kind", ""))
    except ValueError:
        raise Invalid(N_("Choose what the field holds."), field="kind") from None
    known = [Option(name.removeprefix(OPTION), text) for name, text in form.items() if name.startswith(OPTION)]
    new = [Option("", line) for line in form.get("options", "").splitlines()]
    retired = before.retired if before else False
    return FieldChange(title=form.get("title", ""), kind=kind, options=(*known, *new), retired=retired)


def _field(
    request: Asked, field: Field | None, form: dict[str, str] | None = None, error: Refused | None = None
) -> Template:
    """The form of a field; after a refusal with what was typed, and what somebody else has stored meanwhile."""
    changed = isinstance(error, Changed)
    stored = {} if field is None else {f"{OPTION}{one.key}": one.title for one in field.options}
    typed = {name: text for name, text in (form or {}).items() if name.startswith(OPTION)}
    return page(
        request,
        "admin/field.html",
        status=error.status if error else 200,
        field_of=field,
        title=form.get("title", "") if form else field.title if field else "",
        kind=form.get("kind", "") if form else field.kind.value if field else "",
        options=typed if form and field else stored,
        new_options=(form or {}).get("options", ""),
        stored=field if changed else None,
        version=field.version if field and (changed or form is None) else (form or {}).get("version", ""),
        kinds={kind.value: _(title) for kind, title in KIND_NAMES.items()},
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


async def _fields(request: Asked, error: Refused | None = None) -> Template:
    fields = await custom_fields(counted=True)
    return page(
        request,
        "admin/fields.html",
        status=error.status if error else 200,
        fields=fields.shown,
        retired=[one for one in fields.all if one.retired],
        kinds={kind.value: _(title) for kind, title in KIND_NAMES.items()},
        problem=problem_of(error) if error else "",
    )


async def _statuses(
    request: Asked, language: str, form: dict[str, str] | None = None, error: Refused | None = None
) -> Template:
    names = await status_names()
    shown: StatusNames = names.get(language) or names[current_view().language]
    changed = isinstance(error, Changed)
    return page(
        request,
        "admin/statuses.html",
        status=error.status if error else 200,
        shown=shown,
        values=form or shown.chosen,
        stored=shown.chosen if changed else {},
        version=shown.version if changed or not form else form.get("version", ""),
        all_languages={code: language_name(code) for code in LANGUAGES},
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
    )


PAGES = (
    fields_page,
    new_field_page,
    create_field,
    move_field,
    field_page,
    save_field,
    retire_field,
    bring_field_back,
    delete_field,
    statuses_page,
    save_statuses,
)
