"""The client's address behind a reverse proxy: believed from a trusted one alone, by sign-in limits and audit trail."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import AsyncClient
from litestar import Litestar

from core.config import load_settings
from core.identity.tables import User
from core.identity.throttle import SIGN_IN
from tests.core.web.conftest import Visitor, serving

HERE = "127.0.0.1"


@pytest_asyncio.fixture
async def proxied(app: Litestar, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """A visitor of an installation that trusts the proxies given as parameter."""
    environment = {"SENTRALBORD_WEB__PORT": "0", "SENTRALBORD_WEB__TRUSTED_PROXIES": request.param}
    async with (
        serving(app, load_settings(environment=environment)) as url,
        AsyncClient(base_url=url) as client,
    ):
        yield Visitor(client)


async def recorded_address(visitor: Visitor, forwarded: str) -> str:
    """The address in the audit trail of a request with this X-Forwarded-For."""
    await visitor.client.get("/admin/audit/export", headers={"x-forwarded-for": forwarded})
    address: str = (await visitor.client.get("/api/v1/audit?action=audit.exported")).json()["items"][0]["address"]
    return address


@pytest.mark.parametrize(
    ("proxied", "forwarded", "recorded"),
    [
        ("", "203.0.113.5", HERE),
        ("192.0.2.7", "203.0.113.5", HERE),
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.7, 127.0.0.0/8", "203.0.113.5, 192.0.2.7", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),  # whatever the client wrote stands before it
    ],
    indirect=["proxied"],
)
async def test_the_audit_trail_has_the_address_that_a_trusted_proxy_tells(
    proxied: Visitor, kari: User, forwarded: str, recorded: str
) -> None:
    await proxied.sign_in(kari.email)
    assert await recorded_address(proxied, forwarded) == recorded


@pytest.mark.parametrize(
    ("proxied", "others_may"), [("127.0.0.1", True), ("", False)], indirect=["proxied"], ids=["trusted", "not trusted"]
)
async def test_who_guesses_passwords_is_slowed_down_by_that_address(
    proxied: Visitor, kari: User, others_may: bool
) -> None:
    proxied.client.headers["x-forwarded-for"] = "203.0.113.5"
    for _ in range(SIGN_IN.pair):
        await proxied.sign_in(kari.email, "wrong password")
    assert (await proxied.sign_in(kari.email)).status_code == 429
    proxied.client.headers["x-forwarded-for"] = "203.0.113.6"
    assert ((await proxied.sign_in(kari.email)).status_code != 429) is others_may
