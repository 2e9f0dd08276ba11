"""Users out of files and into them, on pages and by the API (USR-3)."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from core.audit.service import AuditFilter, entries
from core.data import tenant
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.identity.tables import User
from core.messages.tables import OutboxMessage
from tests.core.web.conftest import PASSWORD, Visitor, token
from tests.core.web.support import sign_in, violations

FILE = "Fornavn;Etternavn;E-post;Internnummer\nÅse;Bø;ase@a.example;201\nBad;Row;no address;\n".encode("cp1252")
API = "/api/v1/user-batches"


async def upload(visitor: Visitor, path: str, content: bytes, name: str = "people.csv", **fields: str) -> Any:
    csrf = token((await visitor.get("/profile/details")).text)
    headers = {"x-csrf-token": csrf, "accept": "text/html" if path.startswith("/admin") else "application/json"}
    return await visitor.client.post(path, files={"file": (name, content)}, data=fields, headers=headers)


async def names(visitor: Visitor) -> list[str]:
    return [one["name"] for one in (await visitor.client.get("/api/v1/users")).json()["items"]]


async def test_a_file_is_uploaded_looked_at_by_row_and_imported_when_confirmed(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    answer = await upload(visitor, "/admin/users/import", FILE, role="user", invite="on")
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    preview = (await visitor.get(path)).text
    assert "Åse Bø" in preview
    assert "no address" in preview, "what is wrong with the row"
    assert await names(visitor) == ["Kari Nordmann"]
    assert (await visitor.post(f"{path}/confirm")).status_code == 303
    assert await names(visitor) == ["Åse Bø", "Kari Nordmann"]
    with tenant(kari.tenant_id):
        assert [row.recipient for row in await OutboxMessage.objects()] == ["ase@a.example"]


async def test_the_columns_of_a_file_can_be_chosen(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    path = (await upload(visitor, "/admin/users/import", b"Who;Where\nAnna Berg;Sales\n")).headers["location"]
    page = (await visitor.get(f"{path}/columns")).text
    assert "Anna Berg" in page
    wrong = await visitor.post(f"{path}/columns", **{"column.0": "name", "column.1": "name"})
    assert wrong.status_code == 422
    assert (await visitor.post(f"{path}/columns", encoding="ebcdic")).status_code == 422
    again = await visitor.post(f"{path}/columns", **{"column.0": "name", "column.1": "department"})
    assert again.status_code == 303, again.text
    await visitor.post(f"{path}/confirm")
    assert (await visitor.client.get("/api/v1/users?department=Sales")).json()["items"][0]["name"] == "Anna Berg"
    assert (await visitor.get(f"{path}/columns")).status_code == 404


async def test_what_is_no_table_is_refused_on_the_page_and_by_the_api(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    for content in (b"", b"PK\x03\x04broken", b"\0\1\2", b"a"):
        page = await upload(visitor, "/admin/users/import", content)
        assert (page.status_code, 'role="alert"' in page.text) == (422, True), content
        assert (await upload(visitor, f"{API}/import", content)).status_code == 422
    assert (await upload(visitor, f"{API}/import", b"x" * (11 << 20))).status_code == 413


async def test_the_api_imports_and_exports(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    made = await upload(visitor, f"{API}/import", FILE, role="user")
    assert (made.status_code, made.json()["expected"]) == (201, {"added": 1, "refused": 1})
    path = made.headers["location"]
    columns = (await visitor.client.get(f"{path}/columns")).json()
    assert columns["choices"]["columns"] == ["first_name", "last_name", "email", "extension"]
    body = columns["choices"] | {"columns": ["first_name", "last_name", "", "extension"]}
    assert (await visitor.send("PUT", f"{path}/columns", body)).json()["expected"] == {"added": 2}
    assert (await visitor.send("POST", f"{path}/confirmation")).json()["outcomes"] == {"added": 2}
    exported = await visitor.client.get("/api/v1/user-files/users.csv?q=bø")
    assert exported.headers["content-type"].startswith("text/csv")
    assert len(exported.text.splitlines()) == 2
    again = await upload(visitor, f"{API}/import", exported.content)
    assert again.json()["expected"] == {"unchanged": 1}
    for file in ("users.xlsx", "template.xlsx"):
        assert (await visitor.client.get(f"/api/v1/user-files/{file}")).content.startswith(b"PK")
    assert "Fornavn" in (await visitor.client.get("/api/v1/user-files/template.csv")).text
    with tenant(kari.tenant_id):
        *_, told = (await entries(AuditFilter(action="user.exported"))).items
    assert told.actor == "Kari Nordmann", "an export is a read of personal data"


async def test_the_list_is_exported_as_it_is_filtered_without_formulas(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    with tenant(kari.tenant_id):
        await add_user(UserChange(first_name='=HYPERLINK("x")', tags=["Sales"]))
    page = (await visitor.get("/admin/users?tag=Sales")).text
    (link,) = re.findall(r'href="(/admin/users/export\?[^"]*form=csv)"', page)
    content = (await visitor.client.get(link.replace("&amp;", "&"))).text
    assert "'=HYPERLINK" in content
    assert "Kari" not in content
    for path in ("/admin/users/export?form=xlsx", "/admin/users/import/template?form=xlsx"):
        assert (await visitor.client.get(path)).content.startswith(b"PK")
    assert "Fornavn" in (await visitor.client.get("/admin/users/import/template?form=csv")).text


async def test_a_file_of_another_company_does_not_exist(
    visitor: Visitor, stranger: Visitor, kari: User, ola: User
) -> None:
    await visitor.sign_in(kari.email)
    path = (await upload(visitor, "/admin/users/import", FILE)).headers["location"]
    await stranger.sign_in(ola.email)
    for attempt in (path, f"{path}/columns"):
        assert (await stranger.get(attempt)).status_code == 404
    assert (await stranger.post(f"{path}/confirm")).status_code == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_barrier(tab: Page, address: str, kari: User, theme: str) -> None:
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/users/import")
    found = {"import": await violations(tab)}
    await tab.set_input_files("#f-file", {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE})
    await tab.locator("form.form button.primary").click()
    await expect(tab.locator("#batch tbody tr")).to_have_count(2)
    found["preview"] = await violations(tab)
    await tab.goto(f"{tab.url}/columns")
    found["columns"] = await violations(tab)
    assert {page: faults for page, faults in found.items() if faults} == {}
