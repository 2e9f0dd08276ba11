"""Who may change users gives nobody more than she has, and takes over nobody who has more (ROL-7)."""

from typing import Any

import pytest_asyncio
from httpx import Response

from core.data import tenant
from core.identity.service import create_user
from core.identity.tables import User
from tests.core.web.conftest import PASSWORD, Visitor
from tests.core.web.test_roles import kind, made

USERS, ROLES, TOKENS = "/api/v1/users", "/api/v1/roles", "/api/v1/profile/tokens"
PER = {"first_name": "Per", "last_name": "Moe", "email": "per@a.example", "role": "user"}


@pytest_asyncio.fixture
async def hr(visitor: Visitor, stranger: Visitor, kari: User) -> Visitor:
    """Signed in with a role that manages users and has what a User has; `visitor` is the administrator."""
    await visitor.sign_in(kari.email)
    path = await made(visitor, "Personnel")
    levels = {"users": "manage", "security": "manage"}
    assert (await visitor.send("PATCH", path, {"levels": levels}, version=1)).status_code == 200
    with tenant(kari.tenant_id):
        await create_user("hr@a.example", "Hilde", PASSWORD, role=path.rpartition("/")[2])
    await stranger.sign_in("hr@a.example")
    return stranger


async def asked(visitor: Visitor, token: str, method: str, path: str, body: Any, version: int = 0) -> Response:
    headers = {"authorization": f"Bearer {token}", "if-match": f'"{version}"'}
    return await visitor.client.request(method, path, json=body, headers=headers)


async def token(visitor: Visitor, *scopes: str) -> str:
    answer = await visitor.send("POST", TOKENS, {"name": "x", "scopes": list(scopes), "days": 1})
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


def refused(answer: Response) -> bool:
    return (answer.status_code, kind(answer)) == (403, "not_covered")


async def test_a_role_with_company_administration_adds_changes_invites_and_removes_users(hr: Visitor) -> None:
    """ROL-7: "company administration"."""
    made = await hr.send("POST", USERS, PER)
    assert made.status_code == 201, made.text
    path = f"{USERS}/{made.json()['id']}"
    assert (await hr.send("PATCH", path, {"email": "moe@a.example"}, version=1)).status_code == 200
    assert (await hr.send("POST", f"{path}/invitation")).status_code == 200
    assert (await hr.send("DELETE", path, version=2)).status_code == 204


async def test_she_gives_neither_herself_nor_another_a_stronger_role(hr: Visitor, visitor: Visitor) -> None:
    """ROL-7: by the API and on the page; a stronger custom role counts as well as Administrator."""
    stronger = (await made(visitor, "Stronger", "team_leader")).rpartition("/")[2]
    per = (await hr.send("POST", USERS, PER)).json()
    herself = (await hr.client.get(f"{USERS}?q=Hilde")).json()["items"][0]["id"]
    for role in ("administrator", "team_leader", stronger):
        new = PER | {"email": f"new-{role}@a.example", "role": role}
        assert refused(await hr.send("POST", USERS, new)), role
        assert refused(await hr.send("PATCH", f"{USERS}/{per['id']}", {"role": role}, version=1)), role
        assert refused(await hr.send("PATCH", f"{USERS}/{herself}", {"role": role}, version=1)), role
        page = await hr.post("/admin/users", first_name="X", email="x@a.example", role=role)
        assert page.status_code == 403
        assert 'role="alert"' in page.text
    listed = (await hr.client.get(USERS)).json()["items"]
    assert {one["role"] for one in listed if one["name"] in ("Per Moe", "X", "Hilde")} & {"administrator"} == set()
    assert not [one for one in listed if one["email"].startswith(("new-", "x@"))]


async def test_she_takes_over_nobody_who_may_do_more(hr: Visitor, kari: User) -> None:
    """ROL-7: another address would bring the link to a new password; neither may she lock administrators out."""
    with tenant(kari.tenant_id):
        invited = await create_user("boss@a.example", "Boss", role="administrator")
    for user in (kari, invited):
        path = f"{USERS}/{user.id}"
        version = (await hr.client.get(path)).json()["version"]
        for change in ({"email": "hr+1@a.example"}, {"active": False}, {"role": "user"}, {"last_name": "X"}):
            assert refused(await hr.send("PATCH", path, change, version=version)), change
        assert refused(await hr.send("DELETE", path, version=version))
    assert refused(await hr.send("POST", f"{USERS}/{invited.id}/invitation"))


async def test_she_cannot_change_the_role_that_she_has(hr: Visitor) -> None:
    """ROL-7: roles are changed by administrators only."""
    role = next(one for one in (await hr.client.get(f"{USERS}?q=Hilde")).json()["items"])["role"]
    answer = await hr.send("PATCH", f"{ROLES}/{role}", {"levels": {"audit": "view"}}, version=2)
    assert (answer.status_code, kind(answer)) == (403, "forbidden")


async def test_a_token_gives_no_more_than_its_scopes(hr: Visitor, visitor: Visitor) -> None:
    """ROL-7: neither makes an administrator's token for users an administrator, nor one for roles a stronger role."""
    path = await made(visitor, "Reception")
    users = await token(visitor, "users.view", "users.manage")
    enough = await token(visitor, "users.view", "users.manage", "live.view", "queues.view")
    roles = await token(visitor, "roles.view", "roles.manage", "live.view", "queues.view", "calls.view")
    visitor.client.cookies.clear()
    assert refused(await asked(visitor, users, "POST", USERS, PER | {"role": "administrator"}))
    assert refused(await asked(visitor, users, "POST", USERS, PER))
    assert (await asked(visitor, enough, "POST", USERS, PER)).status_code == 201
    assert refused(await asked(visitor, roles, "PATCH", path, {"levels": {"users": "manage"}}, 1))
    assert refused(await asked(visitor, roles, "POST", ROLES, {"name": "All", "copy": "administrator"}))
    assert (await asked(visitor, roles, "PATCH", path, {"levels": {"calls": "view"}}, 1)).status_code == 200
