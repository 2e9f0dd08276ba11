"""What signs in, and what stands before each place where somebody could guess a credential."""

import re

import pytest

from core.config import Settings
from core.data import tenant
from core.identity.identifiers import add_identifier
from core.identity.settings import OWNER, SecuritySettings
from core.identity.tables import User
from core.identity.throttle import LINK_REQUEST, LINK_USE, TOKEN
from core.messages.service import outbox
from core.tenancy.service import write_settings
from tests.core.web.conftest import Visitor, token

HTML = {"accept": "text/html"}


async def forgot(visitor: Visitor, identifier: str, **headers: str) -> int:
    csrf = token((await visitor.get("/forgot-password")).text)
    form = {"csrf": csrf, "identifier": identifier}
    return (await visitor.client.post("/forgot-password", data=form, headers=HTML | headers)).status_code


@pytest.mark.parametrize("kind", ["email", "name", "number"])
async def test_a_user_signs_in_with_each_of_her_identifiers_that_her_company_allows(
    visitor: Visitor, kari: User, kind: str
) -> None:
    """GEN-4, GEN-5: an address, a user name or a number, however it is written; one password for all of them."""
    typed = {"email": "KARI@a.example", "name": "Kari.N", "number": "900 12 345"}
    with tenant(kari.tenant_id):
        await add_identifier(kari.id, "name", "kari.n")
        await add_identifier(kari.id, "number", "+4790012345")
        await write_settings(OWNER, SecuritySettings(identifiers=(kind,)))  # type: ignore[arg-type]
    for other, text in typed.items():
        answer = await visitor.sign_in(text)
        assert answer.status_code == (303 if other == kind else 401), other
        visitor.client.cookies.clear()


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "forwarded"])
async def test_a_link_leads_to_our_address_whatever_a_request_calls_us(
    visitor: Visitor, kari: User, settings: Settings, name: str
) -> None:
    """GEN-6, GEN-7: who asks for her link under a name of his own would read its secret when she follows it."""
    csrf = token((await visitor.get("/forgot-password")).text)
    headers = HTML | {name: "host=evil.example" if name == "forwarded" else "evil.example"}
    form = {"csrf": csrf, "identifier": kari.email}
    assert (await visitor.client.post("/forgot-password", data=form, headers=headers)).status_code == 200
    (message,) = (await outbox()).items
    (link,) = re.findall(r"https?://\S+", message.text)
    assert link.startswith(f"{settings.web.address}/password/")
    assert "evil" not in message.text


async def test_who_asks_for_links_again_and_again_is_made_to_wait_whether_or_not_there_is_such_a_user(
    visitor: Visitor, kari: User
) -> None:
    """GEN-6."""
    for identifier in (kari.email, "nobody@a.example"):
        answers = [await forgot(visitor, identifier) for _ in range(LINK_REQUEST.pair + 1)]
        assert answers == [200] * LINK_REQUEST.pair + [429], identifier


async def test_who_tries_links_that_are_none_is_made_to_wait(visitor: Visitor) -> None:
    """GEN-7."""
    answers = [(await visitor.get(f"/password/{number}")).status_code for number in range(LINK_USE.address + 1)]
    assert answers == [410] * LINK_USE.address + [429]


async def test_who_tries_tokens_that_are_none_is_made_to_wait(visitor: Visitor) -> None:
    headers = [{"authorization": f"Bearer sbt_{number}"} for number in range(TOKEN.address + 1)]
    answers = [(await visitor.client.get("/api/v1/calls", headers=one)).status_code for one in headers]
    assert answers == [401] * TOKEN.address + [429]
