"""The audit trail on the page and by the API."""

from time import perf_counter
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from core.api.sheets import read_sheet
from core.audit import pages
from core.audit.service import record
from core.data import system, tenant, transaction
from core.identity.tables import User
from core.web.menu import ADMINISTRATION
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations


async def changed(tenant_id: UUID, count: int = 1) -> None:
    """So many changes of a user."""
    with tenant(tenant_id):
        for number in range(count):
            await record("audit.exported", number, "=cmd()", before={"position": "Clerk"}, after={"position": "Head"})


async def test_the_api_gives_entries_page_by_page_and_refuses_a_foreign_cursor(visitor: Visitor, kari: User) -> None:
    await changed(kari.tenant_id, 3)
    await visitor.sign_in(kari.email)
    first = (await visitor.client.get("/api/v1/audit?limit=2")).json()
    second = (await visitor.client.get(f"/api/v1/audit?limit=2&after={first['next']}")).json()
    assert [entry["subject_id"] for entry in first["items"] + second["items"]] == ["2", "1", "0"]
    assert second["next"] is None
    problem = await visitor.client.get("/api/v1/audit?after=nonsense")
    assert (problem.status_code, problem.json()["type"]) == (422, "urn:sentralbord:problem:invalid")
    assert problem.json()["errors"][0]["field"] == "after"
    assert problem.headers["content-type"] == "application/problem+json"
    assert (await visitor.client.get("/api/v1/audit?since=2026-01-01T00:00:00")).status_code == 422


async def test_nobody_reads_entries_of_another_company(visitor: Visitor, kari: User, ola: User) -> None:
    await changed(ola.tenant_id)
    await visitor.sign_in(kari.email)
    assert (await visitor.client.get("/api/v1/audit")).json()["items"] == []


async def test_the_export_is_csv_that_no_spreadsheet_runs_and_is_itself_recorded(visitor: Visitor, kari: User) -> None:
    await changed(kari.tenant_id)
    await visitor.sign_in(kari.email)
    answer = await visitor.get("/admin/audit/export?action=audit.exported")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 3
    assert "'=cmd()" in answer.text
    assert (await visitor.client.get("/api/v1/audit")).json()["items"][0]["actor"] == kari.name


async def test_the_export_is_also_xlsx_up_to_what_a_sheet_takes(
    visitor: Visitor, kari: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await changed(kari.tenant_id, 2)
    await visitor.sign_in(kari.email)
    answer = await visitor.get("/admin/audit/export?form=xlsx")
    header, *rows = read_sheet(answer.content, most_rows=10)
    assert [header.cell(place) for place in range(3)] == ["at", "actor_kind", "actor"]
    assert [row.cell(5) for row in rows] == ["=cmd()", "=cmd()"]
    monkeypatch.setattr(pages, "MOST_IN_XLSX", 1)
    refused = await visitor.get("/admin/audit/export?form=xlsx")
    assert refused.status_code == 422
    assert (await visitor.get("/admin/audit/export?form=pdf")).status_code == 400


async def test_each_filter_finds_its_entries_among_a_hundred_thousand_by_an_index(visitor: Visitor, kari: User) -> None:
    with system():
        async with transaction() as unit:
            await unit.execute(
                "INSERT INTO audit_entry (tenant_id, id, action, subject_id, actor_kind) "
                "SELECT $1, gen_random_uuid(), CASE n % 1000 WHEN 0 THEN 'role.changed' ELSE 'user.changed' END, "
                "n::text, 'system' FROM generate_series(1, 100000) n",
                kari.tenant_id,
            )
    await visitor.sign_in(kari.email)
    for query, count in (("", 50), ("action=role.changed", 50), ("action=role.", 50), ("subject=7", 1)):
        began = perf_counter()
        found = (await visitor.client.get(f"/api/v1/audit?{query}")).json()["items"]
        assert (len(found), perf_counter() - began < 2) == (count, True), query
    with tenant(kari.tenant_id):
        async with transaction() as unit:
            for condition in ("", "WHERE action = 'role.changed'", "WHERE subject_id = '7'"):
                plan = await unit.fetch(f"EXPLAIN SELECT * FROM audit_entry {condition} ORDER BY id DESC LIMIT 51")
                assert "Seq Scan" not in str(plan), plan


async def test_a_day_that_is_none_is_told_and_the_page_stays(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.get("/admin/audit?since=31.12.2026")
    assert answer.status_code == 422
    assert "31.12.2026" in answer.text


async def test_the_page_shows_what_changed_and_axe_finds_nothing_in_light_and_dark(
    tab: Page, address: str, kari: User
) -> None:
    await changed(kari.tenant_id, 60)
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/audit")
    row = tab.get_by_role("row").nth(1)
    await expect(row).to_contain_text("Clerk → Head")
    assert await violations(tab) == []
    await tab.emulate_media(color_scheme="dark")
    assert await violations(tab) == []
    await tab.get_by_role("link", name="Neste side").click()
    await expect(tab.get_by_role("row")).to_have_count(11)
    await tab.get_by_role("link", name="Administrasjon").click()
    await tab.wait_for_url(f"{address}{ADMINISTRATION[0].path}")
