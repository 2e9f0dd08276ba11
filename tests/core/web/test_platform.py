"""The operator's pages and API: for the operator's own company only."""

import pytest
import pytest_asyncio

from core.data import Database, tenant
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.service import NewTenant, create_tenant
from tests.core.web.conftest import PASSWORD, Visitor

TENANTS = "/api/v1/platform/tenants"


@pytest_asyncio.fixture
async def signe(database: Database) -> User:
    """An administrator of the operator's own company."""
    row = await create_tenant(NewTenant(slug="drift", name="Sentralbord Drift", operator=True))
    with tenant(row.id):
        return await create_user("signe@drift.example", "Signe Drift", PASSWORD, role="administrator")


async def test_an_administrator_of_a_company_has_no_platform(visitor: Visitor, kari: User, signe: User) -> None:
    await visitor.sign_in(kari.email)
    assert (await visitor.client.get(TENANTS)).status_code == 403


@pytest.mark.parametrize("role", ["user", "team_leader"])
async def test_only_the_operators_administrators_have_the_platform(visitor: Visitor, signe: User, role: str) -> None:
    with tenant(signe.tenant_id):
        await create_user("u@drift.example", "U", PASSWORD, role=role)
    await visitor.sign_in("u@drift.example")
    assert (await visitor.client.get(TENANTS)).status_code == 403


async def test_the_operator_makes_a_company_and_finds_it(visitor: Visitor, kari: User, signe: User) -> None:
    await visitor.sign_in(signe.email)
    made = await visitor.send("POST", TENANTS, {"slug": "acme", "name": "Acme AS"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.headers["location"] == f"{TENANTS}/{made.json()['id']}"
    names = [row["name"] for row in (await visitor.client.get(TENANTS)).json()["items"]]
    assert names == ["Acme AS", "Company A", "Sentralbord Drift"]
    problem = await visitor.send("POST", TENANTS, {"slug": "acme", "name": "Acme AS"})
    assert (problem.status_code, problem.json()["errors"][0]["field"]) == (409, "slug")
