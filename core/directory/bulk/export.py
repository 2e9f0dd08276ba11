"""Users in a file: those of the list as it is filtered, or an empty one to fill in; as an import reads them."""

import asyncio
from collections.abc import Mapping

import msgspec

from core.api.sheets import Format, write_sheet
from core.audit.service import record
from core.directory.bulk.columns import COLUMNS, titles
from core.directory.custom_fields import Fields, custom_fields
from core.directory.user_forms import CUSTOM, FIELD_NAMES, values_of
from core.directory.users import UserDetails, UserFilter, every_user
from core.roles.members import translated_roles
from core.ui.templating import _

EVERYBODY = 1_000_000


async def export_users(chosen: UserFilter, form: Format) -> bytes:
    """Users who fit, with a column for each field; the audit trail says that they were read, by whom and how many."""
    fields, roles = await custom_fields(), await translated_roles()
    people = await every_user(chosen, most=EVERYBODY)
    await record("user.exported", after={**msgspec.structs.asdict(chosen), "format": form, "users": len(people)})
    return await _file(form, fields, [_cells(one, fields, roles) for one in people])


async def template(form: Format) -> bytes:
    """A file with nothing but the headers."""
    return await _file(form, await custom_fields(), [])


async def _file(form: Format, fields: Fields, rows: list[list[str]]) -> bytes:
    headers = list(titles(fields, {name: _(FIELD_NAMES[name]) for name in COLUMNS}).values())
    return await asyncio.to_thread(write_sheet, [headers, *rows], form)


def _cells(of: UserDetails, fields: Fields, roles: Mapping[str, str]) -> list[str]:
    values = values_of(of) | {
        "numbers": ", ".join(one.address for one in of.devices),
        "role": roles.get(of.role, ""),
        "hidden": _("Yes") if of.hidden else _("No"),
    }
    custom = [fields.text(field.id, values.get(f"{CUSTOM}{field.id}", "")) for field in fields.shown]
    return [*(values[name] for name in COLUMNS), *custom]
