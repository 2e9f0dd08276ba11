"""Call flows over the REST API."""

import json
from typing import Any
from uuid import UUID

import msgspec
from httpx import Response

from core.data import tenant
from core.flows.document import Document
from core.identity.service import create_user
from core.identity.tables import User
from core.platform.numbers import add_main_number
from tests.core.flows.flows import document, node, switchboard
from tests.core.web.conftest import PASSWORD, Visitor

FLOWS = "/api/v1/flows"
GOODBYE = document(node("bye", "hang_up"))


def body(flow: Document, comment: str = "") -> dict[str, Any]:
    return {"document": msgspec.to_builtins(flow), "comment": comment}


def kind(answer: Response) -> str:
    """The stable end of a problem's type."""
    return answer.json()["type"].rpartition(":")[2]


async def made(visitor: Visitor, *documents: Document) -> str:
    """The address of a flow with these versions."""
    answer = await visitor.send("POST", FLOWS, {"name": "Main"})
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    flow = answer.headers["location"]
    for edition, one in enumerate(documents, 1):
        saved = await visitor.send("POST", f"{flow}/versions", body(one), version=edition)
        assert (saved.status_code, saved.headers["etag"]) == (201, f'"{edition + 1}"'), saved.text
    return flow


async def test_every_save_is_a_version_that_can_be_read_compared_and_restored(visitor: Visitor, kari: User) -> None:
    """IVR-3."""
    await visitor.sign_in(kari.email)
    flow = await made(visitor, GOODBYE, switchboard())
    assert (await visitor.client.get(flow)).json()["newest"] == 2
    changed = (await visitor.client.get(f"{flow}/versions/2/difference", params={"since": "1"})).json()
    assert changed["start"] == ["bye", "hello"]
    assert {one["id"] for one in changed["added"]} == {"hello", "menu", "sales", "support", "sorry"}

    restored = await visitor.send("POST", f"{flow}/versions/1/restore", version=3)
    assert (restored.status_code, restored.headers["location"]) == (201, f"{flow}/versions/3")
    assert (await visitor.client.get(f"{flow}/versions/3")).json()["document"] == json.loads(
        msgspec.json.encode(GOODBYE)
    )
    told = (await visitor.client.get(f"{flow}/versions")).json()["items"]
    assert [(one["version"], one["author"]) for one in told] == [(3, kari.name), (2, kari.name), (1, kari.name)]
    for wrong in ("4", "0", "99999999999999"):
        assert (await visitor.client.get(f"{flow}/versions/{wrong}")).status_code in (400, 404), wrong


async def test_a_faulty_document_is_told_place_by_place_and_nothing_is_kept(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    flow = await made(visitor)
    faulty = document(node("menu", "menu", prompt="One?", keys="1"), node("x", "fax"))
    answer = await visitor.send("POST", f"{flow}/versions", body(faulty), version=1)
    assert (answer.status_code, kind(answer)) == (422, "invalid")
    checked = await visitor.send("POST", f"{FLOWS}/check", body(faulty)["document"])
    assert checked.status_code == 422
    assert checked.json()["errors"] == answer.json()["errors"]
    assert {"menu", "x"} <= {error["field"] for error in answer.json()["errors"]}
    assert (await visitor.send("POST", f"{FLOWS}/check", body(GOODBYE)["document"])).status_code == 204
    assert (await visitor.client.get(f"{flow}/versions")).json()["items"] == []


async def test_a_number_is_answered_by_the_version_that_was_published(
    visitor: Visitor, kari: User, tenant_a: UUID
) -> None:
    """IVR-4."""
    with tenant(tenant_a):
        number = await add_main_number("+4721000001")
    await visitor.sign_in(kari.email)
    flow = await made(visitor, GOODBYE, switchboard())
    answer = await visitor.send("POST", f"{flow}/versions/1/publish", {"main_number_id": str(number.id)})
    assert (answer.status_code, answer.json()["answers"]) == (200, ["+4721000001"])
    kept = await visitor.send("DELETE", flow, version=3)
    assert (kept.status_code, kind(kept)) == (409, "in_use")
    missing = await visitor.send("POST", f"{flow}/versions/1/publish", {"main_number_id": str(UUID(int=1))})
    assert missing.status_code == 404


async def test_of_two_who_change_a_flow_the_second_is_told(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    flow = await made(visitor, GOODBYE)
    renamed = await visitor.send("PATCH", flow, {"name": "Day"}, version=2)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Day")
    for method, path, sent in (
        ("PATCH", flow, {"name": "Night"}),
        ("POST", f"{flow}/versions", body(switchboard())),
        ("POST", f"{flow}/versions/1/restore", None),
        ("DELETE", flow, None),
    ):
        assert (await visitor.send(method, path, sent, version=2)).status_code == 412, (method, path)
    assert (await visitor.send("DELETE", flow, version=3)).status_code == 204
    assert (await visitor.client.get(f"{flow}/versions")).status_code == 404


async def test_who_is_no_administrator_does_not_see_flows(visitor: Visitor, tenant_a: UUID) -> None:
    """IVR-2."""
    with tenant(tenant_a):
        await create_user("siv@a.example", "Siv", PASSWORD, role="user")
    await visitor.sign_in("siv@a.example")
    assert (await visitor.client.get(FLOWS)).status_code == 403
    assert (await visitor.send("POST", FLOWS, {"name": "Mine"})).status_code == 403
