"""Fields that a tenant adds (DIR-9, USR-3): no value is lost silently."""

from uuid import UUID, uuid4

import pytest

from core.api.errors import Changed, InUse, Invalid, NotFound, Taken
from core.data import tenant
from core.directory.custom_fields import Field, custom_field, custom_fields
from core.directory.field_changes import FieldChange, add_field, change_field, order_fields, remove_field
from core.directory.model import FieldKind, Option
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, UserFilter, user, users


def choice(*titles: str) -> FieldChange:
    return FieldChange(title="Office", kind=FieldKind.CHOICE, options=tuple(Option("", title) for title in titles))


async def anna(field: Field, value: str) -> UserDetails:
    return await add_user(UserChange(first_name="Anna", custom={field.id: value}))


async def test_an_option_under_a_new_title_keeps_its_people_and_finds_them_by_it(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        office = await add_field(choice("Oslo", "Bergen"))
        her = await anna(office, "bergen")
        renamed = tuple(Option(one.key, one.title.replace("Bergen", "Tromsø")) for one in office.options)
        after = await change_field(
            office.id, FieldChange(title="Place", kind=FieldKind.CHOICE, options=renamed), version=office.version
        )
        assert after.used == 1
        assert (await custom_fields()).text(office.id, (await user(her.id)).custom[str(office.id)]) == "Tromsø"
        assert [row.name for row in (await users(UserFilter(q="tromso"))).items] == ["Anna"]
        assert (await users(UserFilter(q="bergen"))).items == []


async def test_an_option_that_somebody_has_cannot_go(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        office = await add_field(choice("Oslo", "Bergen"))
        her = await anna(office, "Bergen")
        with pytest.raises(InUse, match=r"1 people have a value .* Bergen") as refused:
            await change_field(office.id, choice("Oslo"))
        assert refused.value.field == "options"
        assert (await user(her.id)).custom == her.custom


@pytest.mark.parametrize(
    ("kind", "value", "into", "kept"),
    [
        (FieldKind.NUMBER, "1200,5", FieldKind.TEXT, "1200.5"),
        (FieldKind.DATE, "25.11.2026", FieldKind.TEXT, "2026-11-25"),
        (FieldKind.TEXT, "12", FieldKind.NUMBER, "12"),
        (FieldKind.TEXT, "24.12.2026", FieldKind.DATE, "2026-12-24"),
    ],
)
async def test_a_field_of_another_kind_takes_its_values_along(
    tenant_a: UUID, kind: FieldKind, value: str, into: FieldKind, kept: str
) -> None:
    with tenant(tenant_a):
        field = await add_field(FieldChange(title="F", kind=kind))
        her = await anna(field, value)
        await change_field(field.id, FieldChange(title="F", kind=into))
        assert (await user(her.id)).custom == {str(field.id): kept}


async def test_a_choice_becomes_a_text_with_its_title_and_a_text_that_is_an_option_that_option(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        office = await add_field(choice("Oslo"))
        her = await anna(office, "oslo")
        await change_field(office.id, FieldChange(title="Office"))
        assert (await user(her.id)).custom == {str(office.id): "Oslo"}
        again = await change_field(office.id, choice("OSLO", "Bergen"))
        assert (await user(her.id)).custom == {str(office.id): again.options[0].key}


async def test_a_kind_that_a_value_does_not_fit_is_refused(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        field = await add_field(FieldChange(title="F"))
        await anna(field, "blue")
        with pytest.raises(InUse, match="for example blue"):
            await change_field(field.id, FieldChange(title="F", kind=FieldKind.NUMBER))
        assert (await custom_field(field.id)).kind is FieldKind.TEXT


async def test_a_field_goes_with_its_values_only_when_as_many_were_shown(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        field = await add_field(FieldChange(title="F"))
        her = await anna(field, "blue")
        with pytest.raises(InUse, match="1 people have a value in F now"):
            await remove_field(field.id, used=0)
        await remove_field(field.id, used=1)
        assert (await user(her.id)).custom == {}
        assert (await users(UserFilter(q="blue"))).items == []


async def test_a_retired_field_hides_its_values_and_brings_them_back(tenant_a: UUID) -> None:
    """DIR-9: nothing is lost."""
    with tenant(tenant_a):
        field = await add_field(FieldChange(title="F"))
        her = await anna(field, "blue")
        retired = await change_field(field.id, FieldChange(title="F", retired=True))
        assert (await custom_fields()).shown == ()
        assert (await users(UserFilter(q="blue"))).items == []
        with pytest.raises(Invalid, match="retired"):
            await anna(field, "red")
        await change_field(field.id, FieldChange(title="F"), version=retired.version)
        assert [row.id for row in (await users(UserFilter(q="blue"))).items] == [her.id]
        assert (await user(her.id)).custom == {str(field.id): "blue"}


async def test_fields_are_put_in_order_and_only_all_of_them(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_b):
        foreign = await add_field(FieldChange(title="F"))
    with tenant(tenant_a):
        a, b, c = [await add_field(FieldChange(title=title)) for title in "ABC"]
        assert [one.title for one in (await order_fields([c.id, a.id, b.id])).all] == ["C", "A", "B"]
        for foreigners in ([a.id, b.id, c.id, foreign.id], [a.id, b.id, foreign.id]):
            with pytest.raises(NotFound):
                await order_fields(foreigners)
        for wrong in ([a.id, b.id], [a.id, a.id, b.id, c.id]):
            with pytest.raises(Invalid):
                await order_fields(wrong)
        assert [one.title for one in (await custom_fields()).all] == ["C", "A", "B"]


async def test_a_field_is_changed_by_one_at_a_time_and_only_in_its_own_company(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        field = await add_field(FieldChange(title="F"))
        with pytest.raises(Changed):
            await change_field(field.id, FieldChange(title="G"), version=7)
        with pytest.raises(Taken):
            await add_field(FieldChange(title="f"))
    with tenant(tenant_b):
        for attempt in (change_field(field.id, FieldChange(title="G")), remove_field(field.id, used=9)):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Invalid):
            await anna(field, "x")


@pytest.mark.parametrize(
    "wanted",
    [FieldChange(title=" "), choice(), choice("", " "), choice("Oslo", "oslo"), FieldChange(title="x" * 61)],
)
async def test_a_definition_that_cannot_be_is_refused(tenant_a: UUID, wanted: FieldChange) -> None:
    with tenant(tenant_a):
        with pytest.raises(Invalid):
            await add_field(wanted)
        with pytest.raises(NotFound):
            await custom_field(uuid4())
