"""The inventory of numbers: ranges, given to companies, returned unless in use (DIR-13, PRF-4)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.errors import InUse, Invalid, NotFound, Refused
from core.audit.service import AuditFilter, entries
from core.data import Database, tenant
from core.directory.service import add_person
from core.flows.document import Document, Node
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.versions import publish, save_version
from core.platform.model import MOST, parse_numbers
from core.platform.numbers import assign, enter, give_back, inventory, remove
from core.tenancy.errors import TenancyError
from core.tenancy.service import main_numbers

RANGE = "+4722334400 - +4722334499"


@given(st.integers(10**7, 10**8), st.integers(0, 300))
def test_a_range_is_all_numbers_between_its_ends_once(first: int, more: int) -> None:
    text = f"+47{first} – +47{first + more}\n+47 {str(first)[:4]} {str(first)[4:]}"
    if len(str(first)) == len(str(first + more)):
        assert parse_numbers(text) == [f"+47{number}" for number in range(first, first + more + 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one"),
        ("22334455", "E.164"),
        ("+4722334499 - +4722334400", "no range"),
        ("+4722 - +472233", "no range"),
        (f"+4720000000 - +47{20000000 + MOST}", "at most"),
        ("\n".join(f"+47{20000000 + number}" for number in range(MOST + 1)), "at most"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused_before_anything_is_made(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        parse_numbers(text)


async def test_numbers_are_entered_once_given_returned_and_removed(tenant_a: UUID, tenant_b: UUID) -> None:
    assert await enter(parse_numbers(RANGE), "Carrier A") == 100
    assert await enter(["+4722334400", "+4722334500"]) == 1
    await assign(tenant_a, ["+4722334400", "+4722334401"])
    with pytest.raises(TenancyError, match=r"not free in the inventory: \+4722334401, \+4799999999"):
        await assign(tenant_b, ["+4722334402", "+4722334401", "+4799999999"])
    assert [one.number for one in (await inventory(of=tenant_b)).items] == []
    with pytest.raises(Refused, match="return it first"):
        await remove("+4722334400")
    await give_back("+4722334400")
    await remove("+4722334400")
    with pytest.raises(NotFound):
        await remove("+4722334400")
    with pytest.raises(Refused, match="Nobody has"):
        await give_back("+4722334402")
    assert [one.number for one in (await inventory(of=tenant_a)).items] == ["+4722334401"]
    with tenant(tenant_a):
        told = [(entry.action, entry.actor_kind) for entry in (await entries(AuditFilter())).items]
        assert told[:2] == [("tenant.number_returned", "system"), ("tenant.numbers_assigned", "system")]


async def test_the_inventory_is_read_page_by_page_and_by_first_digits(database: Database, tenant_a: UUID) -> None:
    await enter(parse_numbers(RANGE))
    await assign(tenant_a, ["+4722334411"])
    first = await inventory("+47 2233 441", limit=6)
    second = await inventory("+47 2233 441", limit=6, after=first.items[-1].number)
    assert [one.number[-1] for one in first.items + second.items] == list("0123456789")
    assert second.next is None
    assert [one.number for one in (await inventory("+472233441", free=True, limit=2)).items] == [
        "+4722334410",
        "+4722334412",
    ]


async def test_a_number_in_use_is_not_returned_and_its_users_are_named(tenant_a: UUID) -> None:
    await enter(["+4722334455"])
    await assign(tenant_a, ["+4722334455"])
    with tenant(tenant_a):
        (number,) = await main_numbers()
        ends = Document(start="end", nodes=(Node(id="end", element="core.hang_up"),))
        version = await save_version(await create_flow("Dagtid"), ends, BUILT_IN, author="x")
        await publish(number.id, version.id)
        await add_person("Kari", "Nordmann", presentation_number="+4722334455")
    with pytest.raises(InUse, match="“Dagtid”, Kari Nordmann") as refused:
        await give_back("+4722334455")
    assert refused.value.code == "in_use"
    with tenant(tenant_a):
        assert len(await main_numbers()) == 1
