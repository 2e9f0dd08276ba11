"""VIP lists are kept, told in the audit trail, imported and exported, each tenant's apart."""

from uuid import UUID

import pytest

from core.api import Context, uuid7
from core.api.errors import Changed, Invalid
from core.api.sheets import Row, write_sheet
from core.audit.service import AuditFilter, entries
from core.data import tenant
from plugins.vip.errors import ListInUse, ListNotFound, NameTaken, NumberTaken
from plugins.vip.model import read_rows
from plugins.vip.numbers import add_number, export, numbers, preview, read_file, remove_number, take_in
from plugins.vip.service import ListValues, change_list, create_list, list_by_id, lists, remove_list


async def nobody(setting: str, id: UUID) -> list[str]:
    return []


async def main_flow(setting: str, id: UUID) -> list[str]:
    return ["Main flow"] if setting == "list" else []


async def test_a_list_is_made_changed_and_removed_and_the_audit_trail_tells_it(ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name=" Gold ", service_level_seconds=10))
    assert (made.name, made.service_level_seconds, made.numbers) == ("Gold", 10, 0)
    changed = await change_list(ctx, made.id, ListValues(name="Gold", blocks=True), made.version)
    assert (changed.blocks, changed.version) == (True, made.version + 1)
    await remove_list(ctx, made.id, changed.version, nobody)
    assert await lists() == []
    told = [(one.action, one.subject) for one in (await entries(AuditFilter(action="vip."))).items]
    assert told == [("vip.list_removed", "Gold"), ("vip.list_changed", "Gold"), ("vip.list_created", "Gold")]


async def test_two_who_change_a_list_at_once_do_not_overwrite_each_other(ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    await change_list(ctx, made.id, ListValues(name="Silver"), made.version)
    with pytest.raises(Changed):
        await change_list(ctx, made.id, ListValues(name="Bronze"), made.version)
    assert (await list_by_id(made.id)).name == "Silver"


@pytest.mark.parametrize(("name", "level"), [("", None), ("x" * 101, None), ("Gold", 0), ("Gold", 3601)])
async def test_what_cannot_be_right_is_refused(ctx: Context, name: str, level: int | None) -> None:
    with pytest.raises(Invalid):
        await create_list(ctx, ListValues(name=name, service_level_seconds=level))


async def test_a_name_is_used_once_and_a_number_is_on_a_list_once(ctx: Context) -> None:
    gold, silver = [await create_list(ctx, ListValues(name=name)) for name in ("Gold", "Silver")]
    with pytest.raises(NameTaken):
        await create_list(ctx, ListValues(name="Gold"))
    with pytest.raises(NameTaken):
        await change_list(ctx, silver.id, ListValues(name="Gold"), silver.version)
    await add_number(ctx, gold.id, "+47 22 33 44 55")
    with pytest.raises(NumberTaken):
        await add_number(ctx, gold.id, "0047 22334455")
    await add_number(ctx, gold.id, "+4722334455*")
    assert [one.number for one in (await numbers(gold.id)).items] == ["+4722334455", "+4722334455*"]


async def test_a_list_that_a_flow_asks_is_not_removed(ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    with pytest.raises(ListInUse, match="Main flow"):
        await remove_list(ctx, made.id, made.version, main_flow)
    assert await lists() == [made]


async def test_numbers_are_found_by_parts_and_come_page_by_page(ctx: Context) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    for digit in "31245":
        await add_number(ctx, made.id, f"+472233440{digit}", f"Customer {digit}")
    page = await numbers(made.id, limit=2)
    assert [one.number[-1] for one in page.items] == ["1", "2"]
    assert page.next is not None
    assert [one.comment for one in (await numbers(made.id, text="customer 4")).items] == ["Customer 4"]
    assert [one.number[-1] for one in (await numbers(made.id, text="34 40 5")).items] == ["5"]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_an_export_is_taken_in_again_without_a_change(ctx: Context, form) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    for number, comment in (("+4722334455", "=cmd()"), ("+4691*", "Åse; øl")):
        await add_number(ctx, made.id, number, comment)
    sheet = await read_file(await export(ctx, made.id, form))
    assert sheet.faults == ()
    steps = await preview(made.id, sheet, replace=True)
    assert (len(steps.added), len(steps.changed), len(steps.removed), steps.unchanged) == (0, 0, 0, 2)


async def test_ten_thousand_rows_are_looked_at_first_and_then_taken_in_whole(ctx: Context) -> None:
    """A preview changes nothing, and what was changed meanwhile is not overwritten."""
    made = await create_list(ctx, ListValues(name="Gold"))
    await add_number(ctx, made.id, "+4799999999")
    before = await list_by_id(made.id)
    content = write_sheet([("Number", ""), *((f"+47222{n:05}", "") for n in range(10_000))], "xlsx")
    sheet = await read_file(content)
    steps = await preview(made.id, sheet, replace=True)
    assert (len(steps.added), len(steps.removed), (await list_by_id(made.id)).numbers) == (10_000, 1, 1)
    await take_in(ctx, made.id, sheet, before.version, replace=True)
    assert (await list_by_id(made.id)).numbers == 10_000
    with pytest.raises(Changed):
        await take_in(ctx, made.id, sheet, before.version, replace=True)


async def test_another_tenants_list_does_not_exist(ctx: Context, tenant_b: UUID) -> None:
    made = await create_list(ctx, ListValues(name="Gold"))
    number = await add_number(ctx, made.id, "+4722334455")
    with tenant(tenant_b):
        assert await lists() == []
        for attempt in (
            numbers(made.id),
            add_number(ctx, made.id, "+4722334455"),
            remove_number(ctx, made.id, number.id),
            take_in(ctx, made.id, read_rows([Row(1, ("+4722334455",))]), 1, replace=True),
        ):
            with pytest.raises(ListNotFound):
                await attempt
    assert (await list_by_id(made.id)).numbers == 1


async def test_what_does_not_exist_is_told(ctx: Context) -> None:
    with pytest.raises(ListNotFound):
        await change_list(ctx, uuid7(), ListValues(name="Gold"), 1)
