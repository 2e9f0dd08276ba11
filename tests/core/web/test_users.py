"""Users on pages and by the API: found, added, changed by two at once, removed, invited, pictured."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from core.data import tenant
from core.directory.field_changes import FieldChange, add_field
from core.directory.model import FieldKind, Option
from core.directory.user_changes import add_user
from core.directory.user_values import UserChange
from core.directory.users import UserDetails, user
from core.identity.tables import User
from core.messages.tables import OutboxMessage
from core.platform.numbers import add_main_number
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.support import sign_in, violations

API = "/api/v1/users"


def png(width: int = 400, height: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def sara(kari: User) -> UserDetails:
    with tenant(kari.tenant_id):
        return await add_user(
            UserChange(
                first_name="Sara",
                last_name="Bakke",
                position="Advisor",
                department="Service",
                email="sara@a.example",
                extension="201",
                role="user",
                tags=["Español", "Sales"],
            )
        )


def form(of: UserDetails, **changed: str) -> dict[str, str]:
    """What the page of a user sends."""
    return {
        "version": str(of.version),
        "first_name": of.first_name,
        "last_name": of.last_name,
        "position": of.position,
        "department": of.department,
        "email": of.email,
        "extension": of.extension or "",
        "presentation_number": "",
        "numbers": "",
        "tags": ", ".join(of.tags),
        "role": of.role,
        "active": "on",
    } | changed


async def invitations(of: User) -> list[str]:
    with tenant(of.tenant_id):
        return [row.recipient for row in await OutboxMessage.objects()]


async def test_the_list_finds_users_and_filters_them(visitor: Visitor, kari: User, sara: UserDetails) -> None:
    """USR-1, USR-2."""
    await visitor.sign_in(kari.email)
    assert "Sara Bakke" in (await visitor.get("/admin/users?q=espanol+bak")).text
    for query in ("q=nobody", "role=administrator", "show=off", "tag=Welding"):
        assert "Sara Bakke" not in (await visitor.get(f"/admin/users?{query}")).text, query
    for query in ("q=201", "role=user", "show=invited", "tag=Sales", "department=Service"):
        found = (await visitor.client.get(f"{API}?{query}")).json()["items"]
        assert [one["name"] for one in found] == ["Sara Bakke"], query
    assert (await visitor.client.get("/api/v1/tags")).json()["items"] == ["Español", "Sales"]


async def test_the_list_comes_in_pages(visitor: Visitor, kari: User, sara: UserDetails) -> None:
    await visitor.sign_in(kari.email)
    first = (await visitor.client.get(f"{API}?limit=1")).json()
    second = (await visitor.client.get(f"{API}?limit=1&after={first['next']}")).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Sara Bakke", "Kari Nordmann"]
    assert second["next"] is None
    assert (await visitor.get("/admin/users?after=x")).status_code == 422


async def test_a_user_is_added_with_all_that_is_known_of_her_and_invited(visitor: Visitor, kari: User) -> None:
    """USR-3, USR-7, USR-8, DIR-7, DIR-9."""
    with tenant(kari.tenant_id):
        field = await add_field(FieldChange(title="Floor", kind=FieldKind.CHOICE, options=(Option("one", "First"),)))
    await visitor.sign_in(kari.email)
    assert 'value="100"' in (await visitor.get("/admin/users/new")).text, "a free extension is offered"
    answer = await visitor.post(
        "/admin/users",
        **form_of_new(first_name="Eero", email="eero@a.example", extension="100", hidden="on", invite="on"),
        **{f"custom.{field.id}": "one"},
    )
    assert answer.status_code == 303, answer.text
    made = (await visitor.client.get(answer.headers["location"].replace("/admin/", "/api/v1/"))).json()
    assert (made["first_name"], made["extension"], made["hidden"], made["tags"]) == ("Eero", "100", True, ["a", "b"])
    assert made["custom"] == {str(field.id): "one"}
    assert (made["role"], made["account"]) == ("user", "invited")
    assert await invitations(kari) == ["eero@a.example"]


def form_of_new(**given: str) -> dict[str, str]:
    return {"last_name": "", "position": "", "department": "", "numbers": "", "tags": "a, A, b", "role": "user"} | given


async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    visitor: Visitor, kari: User, sara: UserDetails
) -> None:
    """USR-2: no two have the same extension."""
    await visitor.sign_in(kari.email)
    answer = await visitor.post(f"/admin/users/{sara.id}", **form(sara, email="no address", extension="12a"))
    assert answer.status_code == 422
    assert {"email", "extension"} <= set(re.findall(r'id="p-([a-z_]+)"', answer.text))
    assert 'value="no address"' in answer.text
    taken = await visitor.post("/admin/users", **form_of_new(first_name="Eero", email="e@a.example", extension="201"))
    assert taken.status_code == 409
    assert "Sara Bakke" in taken.text


async def test_two_administrators_change_one_user_and_neither_loses_what_she_typed(
    visitor: Visitor, stranger: Visitor, kari: User, sara: UserDetails
) -> None:
    await visitor.sign_in(kari.email)
    await stranger.sign_in(kari.email)
    page = f"/admin/users/{sara.id}"
    assert (await visitor.post(page, **form(sara, position="Head of service"))).status_code == 303
    late = await stranger.post(page, **form(sara, position="Team leader"))
    assert late.status_code == 412
    assert 'value="Team leader"' in late.text, "what she typed stays"
    assert "<td>Head of service</td>" in late.text, "what there is now is shown"
    version = late.text.split('name="version" value="')[1].split('"')[0]
    assert (await stranger.post(page, **form(sara, position="Team leader", version=version))).status_code == 303
    stored = await visitor.client.get(f"{API}/{sara.id}")
    assert stored.json()["position"] == "Team leader"
    assert (await visitor.send("PATCH", f"{API}/{sara.id}", {"position": "x"}, version=sara.version)).status_code == 412
    assert (await visitor.send("PATCH", f"{API}/{sara.id}", {"position": "x"})).status_code == 428


async def test_the_api_adds_changes_invites_and_removes(visitor: Visitor, kari: User) -> None:
    """USR-3, USR-8 by the API."""
    await visitor.sign_in(kari.email)
    made = await visitor.send("POST", API, {"first_name": "Aino", "email": "aino@a.example", "role": "user"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = made.headers["location"]
    changed = await visitor.send("PATCH", path, {"extension": "300", "hidden": True}, version=1)
    assert (changed.json()["extension"], changed.json()["hidden"]) == ("300", True)
    assert (await visitor.send("POST", f"{path}/invitation")).status_code == 200
    assert await invitations(kari) == ["aino@a.example"]
    assert (await visitor.client.get(f"{API}/next-extension")).json() == {"extension": "301"}
    assert (await visitor.send("DELETE", path, version=changed.json()["version"])).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def test_nobody_is_invited_who_has_no_account(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    made = (await visitor.send("POST", API, {"first_name": "Aino"})).json()
    assert (await visitor.send("POST", f"{API}/{made['id']}/invitation")).status_code == 422


async def test_the_last_administrator_can_neither_go_nor_be_made_a_user(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    with tenant(kari.tenant_id):
        she = await user(kari.id)
    answer = await visitor.post(f"/admin/users/{she.id}/remove", version=str(she.version))
    assert answer.status_code == 409
    assert (await visitor.post(f"/admin/users/{she.id}", **form(she, role="user"))).status_code == 409
    assert (await visitor.client.get("/live")).status_code == 200


async def test_a_removed_user_is_gone_and_signed_out(
    visitor: Visitor, stranger: Visitor, kari: User, sara: UserDetails
) -> None:
    await visitor.sign_in(kari.email)
    page = await visitor.get(f"/admin/users/{sara.id}")
    assert 'id="remove"' in page.text, "removal is confirmed first"
    assert (await visitor.post(f"/admin/users/{sara.id}/remove", version="1")).status_code == 303
    assert (await visitor.get(f"/admin/users/{sara.id}")).status_code == 404


async def test_a_picture_is_cut_square_and_shown_and_nonsense_is_refused(
    visitor: Visitor, kari: User, sara: UserDetails
) -> None:
    """USR-3: profile picture."""
    await visitor.sign_in(kari.email)
    path = f"{API}/{sara.id}/picture"
    assert (await upload(visitor, "PUT", path, png())).status_code == 200
    shown = await visitor.client.get(path)
    assert shown.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(shown.content)).size == (256, 256)
    assert f"{path}?v=" in (await visitor.get("/admin/users")).text
    refused = await upload(visitor, "PUT", path, b"<svg onload=alert(1)>")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "picture")
    on_page = await upload(visitor, "POST", f"/admin/users/{sara.id}/picture", b"GIF89a")
    assert on_page.status_code == 422
    assert (await upload(visitor, "PUT", path, b"x" * (11 << 20))).status_code == 413
    assert (await visitor.send("DELETE", path)).status_code == 204
    assert (await visitor.client.get(path)).status_code == 404


async def upload(visitor: Visitor, method: str, path: str, content: bytes) -> Any:
    csrf = (await visitor.get("/profile/details")).text.split('name="csrf" value="')[1].split('"')[0]
    headers = {"x-csrf-token": csrf, "accept": "text/html" if path.startswith("/admin") else "application/json"}
    return await visitor.client.request(method, path, files={"picture": ("me.png", content)}, headers=headers)


async def test_an_administrator_sets_the_availability_of_somebody_else(
    visitor: Visitor, kari: User, sara: UserDetails
) -> None:
    """USR-4, AVL-11: any status, with or without an end, and the message."""
    await visitor.sign_in(kari.email)
    answer = await visitor.post(
        f"/admin/users/{sara.id}/availability", status="meeting", until="2999-01-01T09:00", message="Board"
    )
    assert answer.status_code == 303
    now = (await visitor.client.get(f"{API}/{sara.id}")).json()
    assert (now["status"], now["message"], now["until"]) == ("meeting", "Board", "2999-01-01T08:00:00Z")
    past = await visitor.post(f"/admin/users/{sara.id}/availability", status="sick", until="2020-01-01T09:00")
    assert past.status_code == 422
    again = await visitor.send("PUT", f"{API}/{sara.id}/availability", {"status": "holiday"})
    assert (again.json()["status"], again.json()["until"]) == ("holiday", None)


async def test_the_number_she_presents_is_one_of_the_company(visitor: Visitor, kari: User, sara: UserDetails) -> None:
    """USR-5, on her page and by the API."""
    with tenant(kari.tenant_id):
        await add_main_number("+4722334455", "Front desk")
    await visitor.sign_in(kari.email)
    page = f"/admin/users/{sara.id}"
    assert (await visitor.post(page, **form(sara, presentation_number="+4722334455"))).status_code == 303
    now = (await visitor.client.get(f"{API}/{sara.id}")).json()
    assert now["presentation_number"] == "+4722334455"
    foreign = form(sara, presentation_number="+4799999999", version=str(now["version"]))
    assert (await visitor.post(page, **foreign)).status_code == 422
    body = {"presentation_number": "+4799999999"}
    assert (await visitor.send("PATCH", f"{API}/{sara.id}", body, version=now["version"])).status_code == 422


async def test_users_of_another_company_do_not_exist(visitor: Visitor, ola: User, sara: UserDetails) -> None:
    await visitor.sign_in(ola.email)
    assert (await visitor.get(f"/admin/users/{sara.id}")).status_code == 404
    assert (await visitor.post(f"/admin/users/{sara.id}", **form(sara))).status_code == 404
    assert "Sara" not in (await visitor.get("/admin/users")).text


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_have_no_barrier(tab: Page, address: str, kari: User, sara: UserDetails, theme: str) -> None:
    await tab.emulate_media(color_scheme=theme)
    await sign_in(tab, address, kari.email, PASSWORD, "/admin/users")
    await expect(tab.get_by_role("row")).to_have_count(3)
    found = {"/admin/users": await violations(tab)}
    for path in ("/admin/users/new", f"/admin/users/{sara.id}"):
        await tab.goto(address + path)
        found[path] = await violations(tab)
    assert {path: faults for path, faults in found.items() if faults} == {}
    await tab.get_by_role("button", name="Fjern", exact=True).click()
    assert await violations(tab) == []
