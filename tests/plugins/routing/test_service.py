"""Route lists are kept, told in the audit trail, imported and exported, each tenant's apart (ADM-2 … ADM-4)."""

from uuid import UUID

import pytest

from core.api import Context
from core.api.errors import Changed, Invalid
from core.api.sheets import write_sheet
from core.audit.service import AuditFilter, entries
from core.data import tenant
from plugins.routing.errors import ListInUse, ListNotFound, NameTaken, ValueTaken
from plugins.routing.routes import add_route, export, preview, read_file, remove_route, routes, take_in
from plugins.routing.service import create_list, list_by_id, lists, remove_list, rename_list

FLOWS = {UUID(int=1): "Oslo", UUID(int=2): "Bergen"}


async def main_flow(setting: str, id: UUID) -> list[str]:
    return ["Main flow"] if setting == "list" else []


async def nobody(setting: str, id: UUID) -> list[str]:
    return []


async def test_a_list_is_made_renamed_and_removed_and_the_audit_trail_tells_it(ctx: Context) -> None:
    made = await create_list(ctx, " Codes ")
    with pytest.raises(NameTaken):
        await create_list(ctx, "Codes")
    with pytest.raises(Invalid):
        await create_list(ctx, " ")
    renamed = await rename_list(ctx, made.id, "Postal codes", made.version)
    with pytest.raises(Changed):
        await rename_list(ctx, made.id, "Other", made.version)
    with pytest.raises(ListInUse, match="Main flow"):
        await remove_list(ctx, made.id, renamed.version, main_flow)
    await remove_list(ctx, made.id, renamed.version, nobody)
    assert await lists() == []
    told = [one.action for one in (await entries(AuditFilter(action="routing."))).items]
    assert told == ["routing.list_removed", "routing.list_renamed", "routing.list_created"]


async def test_a_value_leads_to_one_destination(ctx: Context) -> None:
    """ADM-3."""
    made = await create_list(ctx, "Codes")
    route = await add_route(ctx, made.id, "0150", "Oslo", FLOWS)
    with pytest.raises(ValueTaken):
        await add_route(ctx, made.id, "0150", "Bergen", FLOWS)
    await add_route(ctx, made.id, "0150…", "Bergen", FLOWS)
    assert [one.value for one in (await routes(made.id)).items] == ["0150", "0150…"]
    await remove_route(ctx, made.id, route.id, FLOWS)
    assert [one.value for one in (await routes(made.id, text="01")).items] == ["0150…"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_an_export_is_the_template_of_an_import(ctx: Context, form) -> None:
    """ADM-4: zeros in front stay."""
    made = await create_list(ctx, "Codes")
    for value, where in (("0150", "Oslo"), ("00…", "+4722334455"), ("5", "Bergen")):
        await add_route(ctx, made.id, value, where, FLOWS)
    sheet = await read_file(await export(ctx, made.id, form, FLOWS), FLOWS)
    steps = await preview(made.id, sheet, replace=True)
    assert (sheet.faults, len(steps.added), len(steps.changed), steps.removed, steps.unchanged) == ((), 0, 0, (), 3)


async def test_ten_thousand_rows_are_looked_at_first_and_then_taken_in_whole(ctx: Context) -> None:
    made = await create_list(ctx, "Codes")
    await add_route(ctx, made.id, "99999", "Oslo", FLOWS)
    await add_route(ctx, made.id, "00007", "Bergen", FLOWS)
    before = await list_by_id(made.id)
    content = write_sheet([("Value", "Destination"), *((f"{n:05}", "Oslo") for n in range(10_000))], "xlsx")
    sheet = await read_file(content, FLOWS)
    steps = await preview(made.id, sheet, replace=True)
    assert (len(steps.added), len(steps.changed), len(steps.removed)) == (9_999, 1, 1)
    assert (await list_by_id(made.id)).routes == 2
    await take_in(ctx, made.id, sheet, before.version, replace=True)
    assert (await list_by_id(made.id)).routes == 10_000
    with pytest.raises(Changed):
        await take_in(ctx, made.id, sheet, before.version, replace=True)


async def test_another_tenants_list_does_not_exist(ctx: Context, tenant_b: UUID) -> None:
    made = await create_list(ctx, "Codes")
    with tenant(tenant_b):
        assert await lists() == []
        with pytest.raises(ListNotFound):
            await routes(made.id)
        with pytest.raises(ListNotFound):
            await add_route(ctx, made.id, "1", "Oslo", FLOWS)
