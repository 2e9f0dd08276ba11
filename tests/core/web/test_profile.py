"""My profile: what each one settles for herself, on its pages and by the API."""

import io
from uuid import UUID

import pytest
from httpx import Response
from PIL import Image
from playwright.async_api import Page, expect

from core.audit.tables import AuditEntry
from core.data import tenant
from core.directory.field_changes import FieldChange, add_field
from core.directory.model import FieldKind
from core.directory.own import DETAILS, change_self_service
from core.directory.tables import Person
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, user
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from core.ui.translations import LANGUAGES
from tests.core.web.conftest import PASSWORD, Visitor, token
from tests.core.web.support import sign_in, violations

API = "/api/v1/profile"
OURS, OURS_TOO, FOREIGN = "+4722334455", "+4722334466", "+4733000000"


@pytest.fixture
async def liv(tenant_a: UUID, tenant_b: UUID) -> User:
    """A user of tenant A, with no more access than everybody, who may present one of its two numbers."""
    with tenant(tenant_b):
        await add_main_number(FOREIGN)
    with tenant(tenant_a):
        for number, label in ((OURS, "Main"), (OURS_TOO, "Sales")):
            await add_main_number(number, label)
        account = await create_user("liv@a.example", "Liv Dahl", PASSWORD)
        entry = await user(account.id)
        await Person.update({Person.allowed_numbers: [OURS_TOO]}).where(Person.id == entry.id)
    return account


async def me(of: User) -> UserDetails:
    with tenant(of.tenant_id):
        return await user(of.id)


async def trail(of: User, action: str) -> list[AuditEntry]:
    with tenant(of.tenant_id):
        return await AuditEntry.objects().where(AuditEntry.action == action).order_by(AuditEntry.id)


async def upload(visitor: Visitor, method: str, path: str, content: bytes) -> Response:
    headers = {"x-csrf-token": token((await visitor.get("/profile/details")).text)}
    headers["accept"] = "application/json" if path.startswith("/api") else "text/html"
    return await visitor.client.request(method, path, files={"picture": ("me.png", content)}, headers=headers)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "PNG")
    return out.getvalue()


async def test_my_profile_opens_at_its_first_page_and_offers_its_pages(visitor: Visitor, kari: User) -> None:
    """GEN-3."""
    await visitor.sign_in(kari.email)
    assert (await visitor.get("/profile")).headers["location"] == "/profile/details"
    page = await visitor.get("/profile/details")
    assert kari.name in page.text
    assert '<a href="/profile/details" aria-current="page">' in page.text
    for path in ("calls", "queues", "security", "tokens"):
        assert f'<a href="/profile/{path}">' in page.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_of_the_six_languages_chosen_in_my_profile_is_spoken_at_once_and_kept(
    visitor: Visitor, stranger: Visitor, kari: User, language: str
) -> None:
    """PRF-3, GEN-12."""
    await visitor.sign_in(kari.email)
    answer = await visitor.post("/profile/details", language=language)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile/details")
    assert f'<html lang="{language}"' in (await visitor.get("/profile/details")).text
    await stranger.sign_in(kari.email)
    assert f'<html lang="{language}"' in (await stranger.get("/live")).text


async def test_a_language_that_we_do_not_have_is_refused_and_nothing_changes(visitor: Visitor, kari: User) -> None:
    """GEN-12."""
    await visitor.sign_in(kari.email)
    answer = await visitor.post("/profile/details", language="xx")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert '<html lang="nb"' in (await visitor.get("/profile/details")).text
    now = (await visitor.client.get(API)).headers["etag"].strip('"')
    assert (await visitor.send("PATCH", API, {"language": "xx"}, int(now))).status_code == 422
    changed = await visitor.send("PATCH", API, {"language": "sv"}, int(now))
    assert (changed.json()["language"], '<html lang="sv"') == ("sv", '<html lang="sv"')
    assert '<html lang="sv"' in (await visitor.get("/profile/details")).text


async def test_a_user_without_any_access_has_a_picture_of_her_own_and_takes_it_away(
    visitor: Visitor, liv: User
) -> None:
    """PRF-1."""
    await visitor.sign_in(liv.email)
    assert (await visitor.client.get(f"{API}/picture")).status_code == 404
    assert (await upload(visitor, "POST", "/profile/picture", png())).status_code == 303
    assert f"{API}/picture?v={(await me(liv)).picture}" in (await visitor.get("/profile/details")).text
    shown = await visitor.client.get(f"{API}/picture")
    assert Image.open(io.BytesIO(shown.content)).size == (256, 256)
    assert (await upload(visitor, "POST", "/profile/picture", b"GIF89a")).status_code == 422
    assert (await upload(visitor, "PUT", f"{API}/picture", b"nonsense")).json()["errors"][0]["field"] == "picture"
    assert (await visitor.client.get(f"{API}/picture")).status_code == 200, "a refused file costs nothing"
    assert (await visitor.post("/profile/picture/remove")).status_code == 303
    assert (await me(liv)).picture == ""
    assert (await upload(visitor, "PUT", f"{API}/picture", png())).status_code == 200
    assert (await visitor.send("DELETE", f"{API}/picture")).status_code == 204
    assert len(await trail(liv, "user.picture_changed")) == 4


async def test_a_user_changes_the_details_that_her_company_lets_her_and_no_others(visitor: Visitor, liv: User) -> None:
    """PRF-1 … PRF-3: what is hers. GEN-9: the administrator decides."""
    await visitor.sign_in(liv.email)
    page = (await visitor.get("/profile/details")).text
    assert 'name="position"' in page
    assert 'name="department"' not in page, "it is shown, but is no field"
    assert (await visitor.post("/profile/details", position="Chef", tags="Español, Sushi")).status_code == 303
    now = await me(liv)
    assert (now.position, now.tags) == ("Chef", ("Español", "Sushi"))
    for changed in ({"department": "Kitchen"}, {"first_name": "Eva", "custom": {}}):
        refused = await visitor.send("PATCH", API, changed, now.version)
        assert refused.status_code in (409, 422), refused.text
        assert {one["code"] for one in refused.json()["errors"]} == {"not_yours"}
    assert (await visitor.post("/profile/details", department="Kitchen")).status_code == 409
    for field in ("email", "extension", "role", "hidden", "allowed_numbers", "active"):
        assert (await visitor.send("PATCH", API, {field: None}, now.version)).status_code == 400, field
    assert await me(liv) == now, "nothing was changed by what was refused"


async def test_an_administrator_decides_what_users_change_themselves(
    visitor: Visitor, stranger: Visitor, kari: User, liv: User
) -> None:
    """PRF-1: own contact data, as far as the company allows."""
    await visitor.sign_in(kari.email)
    await stranger.sign_in(liv.email)
    path = "/api/v1/users/self-service"
    assert (await visitor.client.get(path)).json() == {"details": ["position", "tags"]}
    answer = await visitor.post("/admin/self-service", version="0", department="on", custom="on", first_name="on")
    assert answer.status_code == 303
    assert (await visitor.post("/admin/self-service", version="0", tags="on")).status_code == 412
    with tenant(kari.tenant_id):
        floor = await add_field(FieldChange(title="Floor", kind=FieldKind.TEXT))
    saved = await stranger.post(
        "/profile/details", department="Kitchen", first_name="Eva", **{f"custom.{floor.id}": "Second"}
    )
    assert saved.status_code == 303
    now = await me(liv)
    assert (now.department, now.name, now.custom) == ("Kitchen", "Eva Dahl", {str(floor.id): "Second"})
    assert "Eva Dahl" in (await stranger.get("/live")).text, "her name is in the frame at once"
    assert (await visitor.send("PUT", path, {"details": []}, 1)).json() == {"details": []}
    assert (await stranger.post("/profile/details", position="Chef")).status_code == 409
    assert (await visitor.send("PUT", path, {"details": ["email"]}, 2)).status_code == 400
    assert (await stranger.send("PUT", path, {"details": list(DETAILS)}, 2)).status_code == 403
    assert [entry.actor for entry in await trail(kari, "self_service.changed")] == ["Kari Nordmann"] * 2


async def test_who_has_no_address_in_the_directory_changes_what_is_hers_and_signs_in_as_before(
    visitor: Visitor, stranger: Visitor, tenant_a: UUID
) -> None:
    """An account that was made for an entry of the directory, as on the command line."""
    with tenant(tenant_a):
        entry = await add_user(UserChange(first_name="Aino"))
        await create_user("aino@a.example", "Aino", PASSWORD, person_id=entry.id)
    await visitor.sign_in("aino@a.example")
    assert (await visitor.post("/profile/calls", transfer_method="with_return")).status_code == 303
    assert (await stranger.sign_in("aino@a.example")).status_code == 303


async def test_a_form_with_a_field_that_there_is_not_is_refused(visitor: Visitor, liv: User) -> None:
    await visitor.sign_in(liv.email)
    for path in ("details", "devices"):
        assert (await visitor.post(f"/profile/{path}", role="administrator")).status_code == 422, path
    assert (await me(liv)).role == "user"


async def test_what_is_wrong_is_told_at_its_field_and_what_she_typed_stays(visitor: Visitor, liv: User) -> None:
    await visitor.sign_in(liv.email)
    answer = await visitor.post("/profile/details", position="x" * 101, tags="Sushi", language="nb")
    assert answer.status_code == 422
    assert 'id="p-position"' in answer.text
    assert 'value="Sushi"' in answer.text
    assert 'value="' + "x" * 101 in answer.text


async def test_she_and_an_administrator_who_change_her_at_once_lose_nothing(
    visitor: Visitor, stranger: Visitor, kari: User, liv: User
) -> None:
    await visitor.sign_in(kari.email)
    await stranger.sign_in(liv.email)
    before = await me(liv)
    changed = {"department": "Service"}
    assert (await visitor.send("PATCH", f"/api/v1/users/{before.id}", changed, before.version)).status_code == 200
    late = await stranger.post("/profile/details", version=str(before.version), position="Chef", language="nb")
    assert late.status_code == 412
    assert 'value="Chef"' in late.text, "what she typed stays"
    version = late.text.split('name="version" value="')[1].split('"')[0]
    assert (await stranger.post("/profile/details", version=version, position="Chef")).status_code == 303
    now = await me(liv)
    assert (now.department, now.position) == ("Service", "Chef")
    assert (await stranger.send("PATCH", API, {"position": "x"}, before.version)).status_code == 412
    assert (await stranger.send("PATCH", API, {"position": "x"})).status_code == 428


async def test_she_presents_a_number_that_she_may_and_any_other_is_refused(visitor: Visitor, liv: User) -> None:
    """PRF-4: among the numbers that the tenant has and the user is allowed, on the page and by the API."""
    await visitor.sign_in(liv.email)
    page = (await visitor.get("/profile/calls")).text
    assert (OURS_TOO in page, OURS in page, FOREIGN in page) == (True, False, False)
    profile = await visitor.client.get(API)
    assert profile.json()["numbers"] == [OURS_TOO]
    assert (await visitor.post("/profile/calls", presentation_number=OURS_TOO)).status_code == 303
    now = await me(liv)
    assert now.presentation_number == OURS_TOO
    for number in (OURS, FOREIGN, "+4790000000", "112", "nonsense"):
        refused = await visitor.post("/profile/calls", presentation_number=number)
        assert refused.status_code == 422, number
        answer = await visitor.send("PATCH", API, {"presentation_number": number}, now.version)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "presentation_number")
    assert (await me(liv)).presentation_number == OURS_TOO
    assert (await visitor.send("PATCH", API, {"presentation_number": None}, now.version)).status_code == 200
    assert (await me(liv)).presentation_number is None
    last = (await trail(liv, "user.changed"))[-1]
    assert (last.actor, OURS_TOO in last.before) == ("Liv Dahl", True)


async def test_how_she_transfers_by_default_is_hers_to_choose(visitor: Visitor, liv: User) -> None:
    """PRF-6, TRF-7."""
    await visitor.sign_in(liv.email)
    assert (await visitor.client.get(API)).json()["transfer_method"] == "assisted"
    assert (await visitor.post("/profile/calls", transfer_method="with_return")).status_code == 303
    now = await me(liv)
    assert now.transfer_method == "with_return"
    assert (await visitor.post("/profile/calls", transfer_method="by_magic")).status_code == 422
    assert (await visitor.send("PATCH", API, {"transfer_method": "by_magic"}, now.version)).status_code == 400
    assert (await me(liv)).transfer_method == "with_return"


async def test_she_shares_her_outgoing_calls_only_when_she_says_so_and_the_trail_tells_it(
    visitor: Visitor, liv: User
) -> None:
    """PRF-9: the default is off."""
    await visitor.sign_in(liv.email)
    assert (await visitor.client.get(API)).json()["shares_outgoing"] is False
    assert (await visitor.post("/profile/calls", shares_outgoing="on")).status_code == 303
    assert (await me(liv)).shares_outgoing is True
    assert (await visitor.post("/profile/calls")).status_code == 303
    assert (await me(liv)).shares_outgoing is False
    told = [(entry.actor, "shares_outgoing" in entry.after) for entry in await trail(liv, "user.changed")]
    assert told == [("Liv Dahl", True)] * 2


async def test_a_stranger_and_a_program_reach_nothing_of_it(visitor: Visitor, liv: User) -> None:
    assert (await visitor.client.get(API)).status_code == 401
    assert (await visitor.client.get(f"{API}/picture")).status_code == 401


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_barrier(tab: Page, address: str, kari: User, theme: str) -> None:
    await tab.emulate_media(color_scheme=theme)
    with tenant(kari.tenant_id):
        await change_self_service(("first_name", "tags"), 0)
        await add_user(UserChange(first_name="Eero", department="Service"))
    await sign_in(tab, address, kari.email, PASSWORD, "/profile/details")
    await expect(tab.get_by_role("heading", level=1)).to_be_visible()
    found = {"details": await violations(tab)}
    for path in ("/profile/calls", "/profile/queues", "/admin/self-service"):
        await tab.goto(address + path)
        found[path] = await violations(tab)
    assert {path: faults for path, faults in found.items() if faults} == {}
