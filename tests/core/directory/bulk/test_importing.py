"""Users out of a file: errors by row before anything is written, then all rows that can be (USR-3)."""

import time
from uuid import UUID

import pytest

from core.api.errors import Invalid, NotFound, Refused
from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.directory.bulk.export import export_users, template
from core.directory.bulk.files import read_sheet
from core.directory.bulk.importing import Choices, columns_of, plan_import, read_otherwise
from core.directory.bulk.model import Result
from core.directory.bulk.schemas import Item
from core.directory.bulk.service import Batches, batch, items
from core.directory.field_changes import FieldChange, add_field
from core.directory.model import FieldKind, Option
from core.directory.user_changes import add_user, change_user
from core.directory.user_values import UserChange
from core.directory.users import UserFilter, every_user, user, users
from core.identity.sessions import Sessions
from core.messages.tables import OutboxMessage
from tests.core.directory.bulk.test_files import workbook

USER = Choices(role="user")
FILE = b"""First name;Last name;E-mail address;Extension;Department;Role;Tags;Rings at;Hidden from the directory
Anna;Berg;anna@x.example;201;Service;Administrator;Sales;+47 22 33 44 55;yes
Nils;Holm;nils@x.example;202;Sales;;;;
Sara;Bakke;SARA@x.example;;Support;;;;
Per;Same;sara2@x.example;203;;;;;
;;nobody@x.example;204;;;;;
Liv;Dahl;no address;12a;;Boss;;;maybe
Ann;Twice;anna@x.example;;;;;;
Eli;Taken;eli@x.example;300;;;;;
"""


async def listed(batch_id: UUID) -> dict[int, Item]:
    return {one.place: one for one in (await items(batch_id, limit=200)).items}


async def test_rows_are_new_changed_unchanged_or_refused_and_written_only_when_confirmed(
    tenant_a: UUID, batches: Batches
) -> None:
    with tenant(tenant_a):
        sara = await add_user(UserChange(first_name="Sara", last_name="Bakke", email="sara@x.example"))
        await add_user(UserChange(first_name="Per", last_name="Same", email="sara2@x.example", extension="203"))
        await add_user(UserChange(first_name="Hanne", extension="300"))
        planned = await plan_import(FILE, "people.csv", USER)
        assert planned.expected == {
            Result.ADDED: 2,
            Result.CHANGED: 1,
            Result.UNCHANGED: 1,
            Result.REFUSED: 4,
        }
        found = await listed(planned.id)
        assert {one.field for one in found[7].why} == {"role", "hidden"}, "all that is wrong with a row is told"
        assert "Row 2" in found[8].why[0].text
        assert "Hanne" in found[9].why[0].text
        assert [(one.field, one.before, one.after) for one in found[4].steps] == [
            ("department", "", "Support"),
            ("email", "sara@x.example", "SARA@x.example"),
        ]
        assert len((await users(UserFilter())).items) == 3, "nothing is written before it is confirmed"
        done = await batches.confirm(planned.id)
        assert done.outcomes == {Result.ADDED: 2, Result.CHANGED: 1, Result.UNCHANGED: 1, Result.REFUSED: 4}
        (anna,) = await every_user(UserFilter(q="anna"), most=2)
        assert (anna.role, anna.extension, anna.tags, anna.hidden) == ("administrator", "201", ("Sales",), True)
        assert [one.address for one in anna.devices] == ["+4722334455"]
        (nils,) = await every_user(UserFilter(q="nils"), most=2)
        assert (nils.role, nils.account, nils.department) == ("user", "invited", "Sales")
        assert (await user(sara.id)).department == "Support"
        assert await OutboxMessage.count() == 0, "nobody is invited unless it was asked for"
        told = (await entries(AuditFilter(action="user.added"))).items
        assert {one.subject for one in told} >= {"Anna Berg", "Nils Holm"}


async def test_an_import_is_undone_but_for_those_who_were_changed_since(
    tenant_a: UUID, batches: Batches, sessions: Sessions
) -> None:
    with tenant(tenant_a):
        sara = await add_user(UserChange(first_name="Sara", email="sara@x.example", department="Old"))
        content = b"Name,Email,Department\nAnna Berg,anna@x.example,New\nNils Holm,nils@x.example,New\n"
        content += b",sara@x.example,New\n"
        done = await batches.confirm((await plan_import(content, "a.csv", Choices())).id)
        assert done.outcomes == {Result.ADDED: 2, Result.CHANGED: 1}
        (anna,) = await every_user(UserFilter(q="anna"), most=2)
        await change_user(anna.id, UserChange(position="Boss"), sessions)
        back = await batches.undo(done.id)
        assert back.outcomes == {Result.REMOVED: 1, Result.CHANGED: 1, Result.REFUSED: 1}
        assert [one.first_name for one in await every_user(UserFilter(), most=9)] == ["Anna", "Sara"]
        assert (await user(sara.id)).department == "Old"


async def test_new_users_are_invited_when_it_was_asked_for(tenant_a: UUID, batches: Batches) -> None:
    with tenant(tenant_a):
        planned = await plan_import(
            b"name,email\nAnna,anna@x.example\nBare,\n", "a.csv", Choices(role="user", invite=True)
        )
        await batches.confirm(planned.id)
        assert [row.recipient for row in await OutboxMessage.objects()] == ["anna@x.example"]


async def test_columns_can_be_said_otherwise_until_it_is_confirmed(tenant_a: UUID, batches: Batches) -> None:
    with tenant(tenant_a):
        office = await add_field(FieldChange(title="Office", kind=FieldKind.CHOICE, options=(Option("", "Oslo"),)))
        planned = await plan_import(b"Who;Where;office\nAnna Berg;Oslo;Oslo\n", "a.csv", Choices())
        assert planned.expected == {Result.REFUSED: 1}
        found = await columns_of(planned.id)
        assert (found.headers, found.samples[0]) == (("Who", "Where", "office"), "Anna Berg")
        assert found.choices.columns == ["", "", f"custom.{office.id}"]
        for wrong in (["name", "name"], ["shoe"], [""] * 4):
            with pytest.raises(Invalid):
                await read_otherwise(planned.id, Choices(columns=wrong))
        again = await read_otherwise(planned.id, Choices(columns=["name", f"custom.{office.id}", ""]))
        assert (again.id, again.expected) == (planned.id, {Result.ADDED: 1})
        await batches.confirm(planned.id)
        (anna,) = await every_user(UserFilter(q="oslo"), most=2)
        assert (anna.first_name, anna.last_name) == ("Anna", "Berg")
        with pytest.raises(NotFound):
            await columns_of(planned.id)
        with pytest.raises((NotFound, Refused)):
            await read_otherwise(planned.id, Choices())


async def test_a_formula_is_refused_at_its_row(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        planned = await plan_import(workbook(["name", "department"], ["Anna", "=A1"]), "a.xlsx", Choices())
        (row,) = (await items(planned.id)).items
        assert (row.expected, "formula" in row.why[0].text) == (Result.REFUSED, True)
        literal = await plan_import(b"name,department\nAnna,=1+1\n", "a.csv", Choices())
        assert literal.expected == {Result.ADDED: 1}, "in CSV it is a text like any other"


async def test_the_export_reads_back_as_unchanged_and_is_told_in_the_audit_trail(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        office = await add_field(FieldChange(title="Office"))
        await add_user(
            UserChange(
                first_name="=cmd()",
                last_name="Berg",
                email="anna@x.example",
                extension="201",
                role="team_leader",
                tags=["a", "b"],
                hidden=True,
                custom={office.id: "@Oslo"},
            )
        )
        for form in ("csv", "xlsx"):
            planned = await plan_import(await export_users(UserFilter(q="berg"), form), f"x.{form}", Choices())
            assert planned.expected == {Result.UNCHANGED: 1}, form
            assert read_sheet(await export_users(UserFilter(), form)).headers[-1] == "Office"
            with pytest.raises(Invalid, match="nothing"):
                await plan_import(await template(form), "t", Choices())
        told = (await entries(AuditFilter(action="user.exported"))).items
        assert (len(told), '"q":"berg"' in told[-1].after.replace(" ", "")) == (4, True)


async def test_another_tenant_has_neither_the_file_nor_its_users(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        await add_user(UserChange(first_name="Sara", email="sara@x.example", extension="201"))
        planned = await plan_import(FILE, "people.csv", USER)
    with tenant(tenant_b):
        for attempt in (columns_of(planned.id), read_otherwise(planned.id, Choices()), batch(planned.id)):
            with pytest.raises(NotFound):
                await attempt
        mine = await plan_import(b"name,email,extension\nSara,sara@x.example,201\n", "a.csv", Choices())
        assert mine.expected == {Result.ADDED: 1}
        assert len(read_sheet(await export_users(UserFilter(q="sara"), "csv") + b"x").lines) == 1


async def test_ten_thousand_rows_are_looked_at_in_seconds(tenant_a: UUID) -> None:
    rows = "".join(f"Anna;Berg {n};a{n}@x.example;{20000 + n};Sales;x\n" for n in range(10_000))
    with tenant(tenant_a):
        begin = time.process_time()
        planned = await plan_import(f"first name;last name;email;extension;department;tags\n{rows}".encode(), "a", USER)
        assert planned.expected == {Result.ADDED: 10_000}
        assert time.process_time() - begin < 20
