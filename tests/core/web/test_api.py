"""The REST API as a whole: its description, its errors, what it takes."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.testing import AsyncTestClient

import core
from core.api.errors import Refused
from core.identity.tables import User
from core.roles.model import PERMISSIONS, PUBLIC, SIGNED_IN
from core.web import intake
from core.web.errors import KINDS, PROBLEM, handle_error
from core.web.openapi import API, DOCUMENT, operations
from tests.core.web.conftest import Visitor, token

CORE = Path(core.__file__).parent
GUIDE = CORE.parent / "docs" / "api.md"


async def document(visitor: Visitor, user: User) -> dict[str, Any]:
    await visitor.sign_in(user.email)
    return (await visitor.client.get(API + DOCUMENT)).json()


def refusals(kind: type[Refused] = Refused) -> list[type[Refused]]:
    """Every kind of refusal that core knows."""
    for file in CORE.rglob("errors.py"):
        importlib.import_module(".".join(("core", *file.relative_to(CORE).with_suffix("").parts)))
    return [kind, *(one for sub in kind.__subclasses__() if sub.__module__[:5] == "core." for one in refusals(sub))]


async def test_every_operation_says_what_it_does_what_it_answers_and_who_may(
    app: Litestar, visitor: Visitor, kari: User
) -> None:
    described = await document(visitor, kari)
    found = list(operations(app))
    assert {(path, method) for path, method, _ in found} == {
        (path, method) for path, item in described["paths"].items() for method in item
    }
    for path, method, handler in found:
        operation = described["paths"][path][method]
        assert path.startswith(f"{API}/"), path
        assert handler.summary, (method, path)
        assert operation["summary"] == handler.summary
        assert inspect.getdoc(handler.fn) in operation["description"] or handler.description, (method, path)
        assert operation["tags"], (method, path)
        permission = operation["x-permission"]
        assert permission in {PUBLIC, SIGNED_IN, *PERMISSIONS}, (method, path)
        good = [code for code in operation["responses"] if code < "400"]
        assert good, (method, path)
        for code in good:
            answer = operation["responses"][code]
            assert answer.get("content", {}).keys() or code in {"204", "303"}, (method, path, code)
        assert bool(operation["security"]) is (permission != PUBLIC)
        assert ({"401", "403"} <= operation["responses"].keys()) is (permission != PUBLIC), (method, path)


async def test_strangers_do_not_get_the_description(visitor: Visitor) -> None:
    assert (await visitor.client.get(API + DOCUMENT)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/api/v1/calls?limit=0", 400, "limit"),
        ("GET", "/api/v1/calls?limit=201", 400, "limit"),
        ("GET", "/api/v1/calls?limit=x", 400, "limit"),
        ("GET", "/api/v1/calls?limit=9999999999999999999999", 400, "limit"),
        ("GET", "/api/v1/calls?after=%07", 400, "after"),
        ("GET", "/api/v1/calls?after=x", 422, "after"),
        ("GET", "/api/v1/audit?actor=x", 400, "actor"),
        ("GET", "/api/v1/audit?action=a%00b", 400, "action"),
        ("GET", "/api/v1/calls/x", 404, ""),
        ("GET", "/api/v1/calls/01912345-6789-7abc-8def-0123456789ab", 404, ""),
        ("GET", "/api/v1/nothing", 404, ""),
        ("GET", "/api/nothing.html", 404, ""),
        ("GET", "/api/v1", 404, ""),
        ("POST", "/api/v1/calls", 405, ""),
        ("TRACE", "/api/v1/calls", 405, ""),
    ],
)
async def test_every_error_is_problem_details_in_one_shape(
    visitor: Visitor, kari: User, method: str, path: str, status: int, field: str
) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.client.request(method, path, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    problem(answer, status, field)
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "OPTIONS"}


async def test_a_stranger_and_a_forged_request_get_problem_details_too(visitor: Visitor, kari: User) -> None:
    problem(await visitor.client.get("/api/v1/calls", headers={"accept": "text/html"}), 401)
    await visitor.sign_in(kari.email)
    problem(await visitor.client.post("/api/v1/nothing"), 405)


def problem(answer: Any, status: int, field: str = "") -> None:
    """The answer is problem details about this field."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert re.fullmatch(rf"{PROBLEM}[a-z_.]+", body["type"])
    assert body["title"]
    assert body["instance"] == answer.headers["x-request-id"]
    assert {error["field"] for error in body.get("errors", [])} == ({field} if field else set())
    assert all(error.keys() == {"field", "code", "detail"} for error in body.get("errors", []))


def taker() -> Litestar:
    """An app with one route that takes JSON, behind the guard of what requests carry."""

    @post("/take", status_code=200)
    async def take(data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
        return data

    return Litestar([take], guards=[intake.IntakeGuard()], exception_handlers={Exception: handle_error})


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"a": "tab\\t and line\\n, \xc3\xa6", "n": -9223372036854775808}', 200, ""),
        (b'{"a": {"b": ["x", "bell\\u0007"]}}', 400, "a.b[1]"),
        (b'{"a": "\\u0000"}', 400, "a"),
        (b'{"a\\u0000": 1}', 400, ""),
        (b'{"n": 9223372036854775808}', 400, "n"),
        (b'{"a": "\\ud800"}', 400, None),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", 400, None),
        (b"[" * 100_000, 400, None),
        (b'{"a": ', 400, None),
        (b"[]", 400, ""),
    ],
)
async def test_what_no_field_could_hold_is_refused_before_a_handler_sees_it(
    body: bytes, status: int, field: str | None
) -> None:
    async with AsyncTestClient(taker()) as client:
        answer = await client.post("/take", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    if field is not None and status == 400:
        assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/msgpack"])
async def test_json_under_another_name_is_refused(kind: str) -> None:
    async with AsyncTestClient(taker()) as client:
        answer = await client.post("/take", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_the_guide_lists_every_kind_of_problem_with_its_status() -> None:
    told = {code: int(status) for code, status in re.findall(r"^\| `([a-z_.]+)` \| (\d+) \|", GUIDE.read_text(), re.M)}
    known = {kind.code: status for status, kind in KINDS.items()}
    for refusal in refusals():
        assert known.setdefault(refusal.code, refusal.status) == refusal.status, refusal
    assert told == known


async def test_the_token_of_the_session_is_what_the_description_calls_for(visitor: Visitor, kari: User) -> None:
    described = await document(visitor, kari)
    header = described["components"]["securitySchemes"]["csrf"]["name"]
    csrf = token((await visitor.get("/live")).text)
    assert (await visitor.client.post("/sign-out", headers={header: csrf})).status_code == 303
