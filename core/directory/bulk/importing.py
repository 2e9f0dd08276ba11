"""Users out of a file: each row becomes a new user or a change of one, looked at like any batch before it is done."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Invalid, NotFound, Problems, Refused, Taken
from core.api.texts import N_
from core.data import transaction
from core.directory.bulk.acts import Known, known, predict
from core.directory.bulk.columns import COLUMNS, NO, YES, guess
from core.directory.bulk.files import Encoding, Formula, Line, Sheet, read_sheet
from core.directory.bulk.model import Add, Prediction, Put, Result, Why
from core.directory.bulk.schemas import Batch, Kind
from core.directory.bulk.service import Planned, batch, put_items, store
from core.directory.user_forms import CUSTOM
from core.directory.user_values import UserChange
from core.directory.users import DeviceRow, UserDetails, UserFilter, every_user
from core.roles.members import role_names
from core.roles.model import SYSTEM_TITLES
from core.ui.translations import LANGUAGES, translations

TEXTS = ("first_name", "last_name", "position", "department", "email", "extension")
EVERYBODY = 1_000_000
_one_at_a_time = asyncio.Semaphore(1)
"""Reading a file of the largest kind takes a processor for seconds."""


class Choices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is read. `columns`: the field that each of its columns is for ("": none), None: by their headers.

    `role`: of new users with an e-mail address where the file says none; "": they get no account. `invite`: new users
    with an account are sent a link to their first password. `encoding`: of a CSV file, "": what it looks like.
    """

    columns: list[str] | None = None
    encoding: Encoding = ""
    role: str = ""
    invite: bool = False


class Columns(Struct, frozen=True):
    """The columns of a file that waits to be imported: headers, the first values of each, and how they are read."""

    headers: tuple[str, ...]
    samples: tuple[str, ...]
    choices: Choices


class People(Struct, frozen=True):
    """Everybody there is, as an import finds them. `roles`: name of a role in small letters, or its key → its key."""

    by_email: dict[str, UserDetails]
    by_extension: dict[str, UserDetails]
    roles: dict[str, str]


async def plan_import(content: bytes, name: str, choices: Choices) -> Batch:
    """A batch that would import a file; nothing is changed yet. Raises Invalid for a file that cannot be read."""
    planned, used = await _planned(content, choices)
    async with transaction() as unit:
        batch_id = await store(Kind.IMPORT, planned, file=" ".join(name.split())[:100])
        await _keep(unit, batch_id, used, content)
    return await batch(batch_id)


async def read_otherwise(batch_id: UUID, choices: Choices) -> Batch:
    """Look at the same file with other columns or encoding. Raises NotFound, Invalid, Refused once it is confirmed."""
    content, _ = await _source(batch_id)
    planned, used = await _planned(content, choices)
    async with transaction() as unit:
        if await unit.fetchval("SELECT state FROM user_batch WHERE id = $1 FOR UPDATE", batch_id) != "planned":
            raise Refused(N_("This has been carried out already."))
        await put_items(unit, batch_id, planned)
        await _keep(unit, batch_id, used)
    return await batch(batch_id)


async def columns_of(batch_id: UUID) -> Columns:
    """The columns of the file of a batch that is not confirmed yet. Raises NotFound."""
    content, choices = await _source(batch_id)
    sheet = await _read(content, choices.encoding)
    samples = [[line.cells[place] for line in sheet.lines[:3] if place < len(line.cells)] for place in _places(sheet)]
    return Columns(sheet.headers, tuple(", ".join(filter(None, cells))[:80] for cells in samples), choices)


def plan_rows(sheet: Sheet, choices: Choices, people: People, given: Known) -> list[Planned]:
    """Each row as an act on whom it is about, and what would come of it."""
    columns = choices.columns or []
    seen: dict[str, int] = {}
    return [_row(line, columns, choices, people, given, seen) for line in sheet.lines]


def _row(
    line: Line, columns: Sequence[str], choices: Choices, people: People, given: Known, seen: dict[str, int]
) -> Planned:
    cells = {name: cell for name, cell in zip(columns, line.cells, strict=False) if name and cell}
    found, change, label = None, UserChange(), " ".join(cells.get(n, "") for n in ("first_name", "last_name")).strip()
    label = label or cells.get("name", "") or cells.get("email", "")
    try:
        found = _whom(cells, people)
        _ensure_once(line, cells, seen)
        change = _change(cells, people)
        _ensure_free(cells, found, people)
    except Refused as error:
        refused = Prediction(Result.REFUSED, Why.of(error))
        return Planned(found.id if found else None, label, Add(change), refused, line.number)
    if found is not None:
        put = Put(change, found.version)
        return Planned(found.id, found.name, put, predict(put, found, given), line.number)
    if change.role is msgspec.UNSET and choices.role and cells.get("email"):
        change = msgspec.structs.replace(change, role=choices.role)
    add = Add(change, choices.invite)
    return Planned(None, label, add, predict(add, None, given), line.number)


def _whom(cells: Mapping[str, str], people: People) -> UserDetails | None:
    """The user whom a row is about: who has its address, or in a row without one its extension; None: she is new."""
    if "email" in cells:
        return people.by_email.get(cells["email"].casefold())
    return people.by_extension.get(cells.get("extension", ""))


def _ensure_once(line: Line, cells: Mapping[str, str], seen: dict[str, int]) -> None:
    """Raise Taken for a row about whom an earlier one is already."""
    for name in ("email", "extension"):
        if text := cells.get(name, "").casefold():
            first = seen.setdefault(f"{name} {text}", line.number)
            if first != line.number:
                raise Taken(N_("Row {row} has {value} already."), field=name, row=first, value=cells[name])


def _ensure_free(cells: Mapping[str, str], found: UserDetails | None, people: People) -> None:
    """Raise Taken for an extension that is another user's."""
    holder = people.by_extension.get(cells.get("extension", ""))
    if holder is not None and (found is None or holder.id != found.id):
        text = N_("The extension {value} belongs to {name}.")
        raise Taken(text, field="extension", value=cells["extension"], name=holder.name)


def _change(cells: Mapping[str, str], people: People) -> UserChange:
    """What a row says of a user; an empty cell leaves what is there. Raises Invalid."""
    values: dict[str, Any] = {name: cells[name] for name in TEXTS if name in cells}
    problems = Problems()
    for name, cell in cells.items():
        if isinstance(cell, Formula):
            problems.add(Invalid(N_("{cell} is a formula: put its value there."), field=name, cell=cell[:40]))
    if "name" in cells and not {"first_name", "last_name"} & cells.keys():
        first, _, last = cells["name"].rpartition(" ")
        values |= {"first_name": first or last, "last_name": last if first else ""}
    if "numbers" in cells:
        parts = [part.strip() for part in re.split(r"[,;\n]| / ", cells["numbers"]) if part.strip()]
        values["devices"] = [DeviceRow("sip" if one.startswith(("sip:", "sips:")) else "number", one) for one in parts]
    if "tags" in cells:
        values["tags"] = cells["tags"].split(";")
    if "role" in cells:
        role = people.roles.get(cells["role"].casefold())
        if role is None:
            problems.add(Invalid(N_("There is no role {role}."), field="role", role=cells["role"][:60]))
        values["role"] = role
    if "hidden" in cells:
        if cells["hidden"].casefold() not in YES | NO:
            problems.add(Invalid(N_("{text} is neither yes nor no."), field="hidden", text=cells["hidden"][:40]))
        values["hidden"] = cells["hidden"].casefold() in YES
    custom = {UUID(name.removeprefix(CUSTOM)): cell for name, cell in cells.items() if name.startswith(CUSTOM)}
    problems.check()
    return UserChange(**values, custom=custom or msgspec.UNSET)


async def _planned(content: bytes, choices: Choices) -> tuple[list[Planned], Choices]:
    """The rows of a file, and the choices with the columns that were taken. Raises Invalid."""
    sheet = await _read(content, choices.encoding)
    given = await known()
    if choices.columns is None:
        choices = msgspec.structs.replace(choices, columns=guess(sheet.headers, given.fields))
    _ensure_columns(choices.columns or [], sheet, given)
    everybody = await every_user(UserFilter(), most=EVERYBODY)
    people = People(
        {one.email.casefold(): one for one in everybody if one.email},
        {one.extension: one for one in everybody if one.extension},
        await _roles(),
    )
    async with _one_at_a_time:
        return await asyncio.to_thread(plan_rows, sheet, choices, people, given), choices


def _ensure_columns(columns: Sequence[str], sheet: Sheet, given: Known) -> None:
    """Raise Invalid for a field that there is not, or one that two columns are for."""
    fields = {"", "name", *COLUMNS, *(f"{CUSTOM}{field.id}" for field in given.fields.shown)}
    wanted = [name for name in columns if name]
    if len(columns) > len(sheet.headers) or not fields.issuperset(columns):
        raise Invalid(N_("There are no such columns, or fields: look at the file again."), field="columns")
    if len(set(wanted)) < len(wanted):
        raise Invalid(N_("Two columns are for the same field: leave one of them out."), field="columns")


async def _read(content: bytes, encoding: Encoding) -> Sheet:
    async with _one_at_a_time:
        return await asyncio.to_thread(read_sheet, content, encoding)


async def _roles() -> dict[str, str]:
    """Roles by their keys, and by their names in every language."""
    names = await role_names()
    found = {key.casefold(): key for key in names} | {name.casefold(): key for key, name in names.items()}
    for language in LANGUAGES:
        gettext = translations(language).gettext
        found |= {gettext(title).casefold(): key for key, title in SYSTEM_TITLES.items()}
    return found


async def _keep(unit: Any, batch_id: UUID, choices: Choices, content: bytes | None = None) -> None:
    await unit.execute(
        "UPDATE user_batch SET choices = $2, source = coalesce($3, source) WHERE id = $1",
        batch_id,
        msgspec.json.encode(choices).decode(),
        content,
    )


async def _source(batch_id: UUID) -> tuple[bytes, Choices]:
    """The file of a batch, and how it is read. Raises NotFound when it has none, or no longer."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow("SELECT source, choices FROM user_batch WHERE id = $1", batch_id)
    if row is None or row["source"] is None:
        raise NotFound(N_("There is no file that waits to be imported."))
    return bytes(row["source"]), msgspec.json.decode(row["choices"], type=Choices)


def _places(sheet: Sheet) -> range:
    return range(len(sheet.headers))
