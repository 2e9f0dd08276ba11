"""Opening hours over the REST API."""

from typing import Any
from uuid import UUID

import msgspec
from httpx import Response
from redis.asyncio import Redis

from core.data import tenant
from core.flows.elements import BUILT_IN
from core.flows.service import create_flow
from core.flows.versions import save_version
from core.identity.service import create_user
from core.identity.tables import User
from core.roles.model import AccessLevel, Catalogue
from core.roles.service import change_role, create_role
from core.schedules.model import Schedule
from tests.core.schedules.test_evaluate import OFFICE
from tests.core.schedules.test_service import document, soon
from tests.core.web.conftest import PASSWORD, Visitor, token

HOURS = "/api/v1/schedules"


def body(name: str, **settings: Any) -> dict[str, Any]:
    return {"name": name, "schedule": msgspec.to_builtins(Schedule(**settings))}


def kind(answer: Response) -> str:
    """The stable end of a problem's type."""
    return answer.json()["type"].rpartition(":")[2]


async def made(visitor: Visitor, name: str = "Office", **settings: Any) -> str:
    answer = await visitor.send("POST", HOURS, body(name, **settings))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{HOURS}/{answer.json()['id']}"
    return answer.json()["id"]


async def test_opening_hours_are_made_read_changed_and_removed(visitor: Visitor, kari: User) -> None:
    """OPH-1, OPH-2, OPH-6."""
    await visitor.sign_in(kari.email)
    id = await made(visitor)

    changed = await visitor.send("PUT", f"{HOURS}/{id}", body("Shop", week=OFFICE), version=1)
    assert (changed.status_code, changed.headers["etag"], changed.json()["name"]) == (200, '"2"', "Shop")
    assert (await visitor.client.get(f"{HOURS}/{id}")).json() == changed.json()
    assert [one["name"] for one in (await visitor.client.get(HOURS)).json()["items"]] == ["Shop"]

    late = await visitor.send("PUT", f"{HOURS}/{id}", body("Late"), version=1)
    assert (late.status_code, kind(late)) == (412, "changed")
    assert (await visitor.send("DELETE", f"{HOURS}/{id}", version=2)).status_code == 204
    assert (await visitor.client.get(f"{HOURS}/{id}")).status_code == 404


async def test_each_fault_is_told_at_its_field(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    bad = body("Office", zone="Mars/Base")
    bad["schedule"]["exceptions"] = [{"name": "Ferie", "first": "2027-07-31", "last": "2027-07-01"}]
    answer = await visitor.send("POST", HOURS, bad)
    assert answer.status_code == 422
    assert {"zone", "exceptions.0.last"} <= {error["field"] for error in answer.json()["errors"]}
    assert (await visitor.client.get(HOURS)).json()["items"] == []


async def test_what_holds_when_is_told_for_the_days_that_are_asked_for(visitor: Visitor, kari: User) -> None:
    """OPH-14: the first Sunday of the summer time is 23 hours long."""
    await visitor.sign_in(kari.email)
    id = await made(visitor, week=OFFICE)
    answer = await visitor.client.get(f"{HOURS}/{id}/when", params={"start": "2027-03-27T23:00:00Z", "days": "2"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["zone"] == "Europe/Oslo"
    assert [(one["start"], one["category"]) for one in found["stretches"]] == [
        ("2027-03-27T23:00:00Z", "closed"),
        ("2027-03-29T06:00:00Z", "open"),
        ("2027-03-29T09:30:00Z", "lunch"),
        ("2027-03-29T10:00:00Z", "open"),
        ("2027-03-29T14:00:00Z", "closed"),
    ]
    for wrong in ({"start": "2027-03-27T23:00:00"}, {"start": "9999-03-27T23:00:00Z"}, {"days": "401"}, {"days": "0"}):
        assert (await visitor.client.get(f"{HOURS}/{id}/when", params=wrong)).status_code in (400, 422), wrong


async def test_a_calendar_is_taken_over_and_a_later_one_takes_its_place(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    id = await made(visitor)

    async def send(name: str, version: int) -> Any:
        headers = {"x-csrf-token": token((await visitor.get("/profile/details")).text), "if-match": f'"{version}"'}
        return await visitor.client.post(
            f"{HOURS}/{id}/calendar", files={"file": ("eve.ics", soon(name))}, headers=headers
        )

    for version, name in enumerate(("Christmas Eve", "Julaften"), 1):
        answer = await send(name, version)
        assert answer.status_code == 200, answer.text
        assert [one["name"] for one in answer.json()["schedule"]["schedule"]["exceptions"]] == [name]
    assert (await send("Late", 1)).status_code == 412


async def test_hours_that_a_flow_asks_are_not_removed(visitor: Visitor, kari: User, tenant_a: UUID) -> None:
    await visitor.sign_in(kari.email)
    id = await made(visitor)
    with tenant(tenant_a):
        await save_version(await create_flow("Main"), document(UUID(id)), BUILT_IN, author="")
    answer = await visitor.send("DELETE", f"{HOURS}/{id}", version=1)
    assert (answer.status_code, kind(answer)) == (409, "in_use")
    assert "Main" in answer.json()["detail"]


async def test_who_may_look_may_not_change(
    visitor: Visitor, stranger: Visitor, kari: User, tenant_a: UUID, redis: Redis
) -> None:
    with tenant(tenant_a):
        looks = await create_role(redis, Catalogue(), "Attendant", "user")
        await change_role(redis, Catalogue(), UUID(looks.key), 1, None, {"schedules": AccessLevel.VIEW})
        await create_user("siv@a.example", "Siv", PASSWORD, role=looks.key)
    await visitor.sign_in(kari.email)
    id = await made(visitor)
    await stranger.sign_in("siv@a.example")
    assert (await stranger.get(f"{HOURS}/{id}")).status_code == 200
    for method, path in (("POST", HOURS), ("PUT", f"{HOURS}/{id}"), ("DELETE", f"{HOURS}/{id}")):
        answer = await stranger.send(method, path, body("Mine") if method != "DELETE" else None, version=1)
        assert answer.status_code == 403, (method, answer.text)
