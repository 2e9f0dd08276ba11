"""An administrator asks every operation of the API and sends every form, with data that fits and data that does not."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import pytest
import requests
import schemathesis
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from litestar import Controller, Litestar, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, URLEncodedBody
from litestar.response import Response as Answer
from litestar.routes import HTTPRoute
from msgspec import Meta, Struct, inspect
from redis.asyncio import Redis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.data import tenant
from core.identity.cookies import SESSION
from core.identity.model import Principal
from core.identity.service import create_user, principal_of
from core.identity.sessions import Sessions
from core.roles.model import SIGNED_IN
from core.tenancy.service import create_tenant
from core.web.csrf import HEADER
from core.web.intake import wanted_type
from core.web.openapi import API, DOCUMENT
from tests.core.web.foreign import sample

REQUESTS, LEAST, MOST = 500, 4, 20
"""Requests to the whole API, shared out evenly, so that the test stays quick; and the fewest and the most
to an operation for each kind of data."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
ORDER = ("POST", "GET", "PUT", "PATCH", "DELETE")
"""What is made first is there when the other methods ask for it."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"with-security-parameters": False},  # the session is real
        "checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}},  # 412: a tag that is none of ours
    }
)
HOST = "http://testserver.local"
NOTHING = "01912345-6789-7abc-8def-0123456789ab"
VALUES = (
    "",
    "x" * 5000,
    "\N{ZERO WIDTH JOINER}ÆØÅ'\"<b>\u2028",
    "-1",
    "9" * 30,
    "NaN",
    "2026-02-30",
    "{}",
    "a\0b",
    "=1+1",
)
"""What nobody should type."""


class Asker:
    """An administrator with every permission there is; `complaints` are what went wrong."""

    def __init__(self, client: AsyncClient, sessions: Sessions, principal: Principal) -> None:
        self._client, self._sessions, self._principal = client, sessions, principal
        self._ids: dict[str, str] = {}
        self.complaints: list[str] = []
        self.answered: dict[str, set[int]] = {}

    async def try_api(self, below: str = API) -> None:
        """Ask every operation; one that names a thing is asked for things that are there as well."""
        described = await self._send("GET", API + DOCUMENT)
        schema = schemathesis.openapi.from_dict(described.json(), config=CONFIG)
        operations = [result.ok() for result in schema.get_all_operations()]
        operations = [one for one in operations if one.path.startswith(below)]
        share = max(LEAST, REQUESTS // (2 * len(operations)))
        for operation in sorted(operations, key=lambda one: (ORDER.index(one.method.upper()), one.path)):
            answered = self.answered[operation.label] = set()
            for number, case in enumerate(cases(operation, min(share, MOST))):
                if number % 2:
                    self._name_what_is_there(case)
                request = requests.Request(**case.as_transport_kwargs(base_url=HOST)).prepare()
                answer = await self._send(case.method, request.url, content=request.body, headers=dict(request.headers))
                answered.add(answer.status_code)
                self._learn(case, answer)
                try:
                    case.validate_response(answer, checks=CHECKS)
                except FailureGroup as group:
                    self.complaints.append(f"{case.as_curl_command()}: {group} {answer.text[:300]}")

    async def try_pages(self, app: Litestar, below: str = "/") -> None:
        """Ask for every page and send every form, with each value in each of its fields."""
        for route in app.routes:
            if not isinstance(route, HTTPRoute) or not route.path.startswith(below):
                continue
            path = self._address(route)
            for method, (handler, _) in route.route_handler_map.items():
                if method == "OPTIONS" or handler.resolve_include_in_schema():
                    continue
                answered = self.answered[f"{method} {route.path}"] = set()
                for sent in forms(handler):
                    answer = await self._send(method, path, **sent)
                    answered.add(answer.status_code)
                    if answer.status_code >= 500:
                        self.complaints.append(f"{method} {path} {sent}: {answer.status_code}")

    async def _send(self, method: str, path: str, **sent: Any) -> Response:
        """In a session of its own, for some requests end theirs; it ends, for a page shows all that there are."""
        session = await self._sessions.start(self._principal)
        headers = {name.lower(): value for name, value in sent.pop("headers", {"accept": "text/html"}).items()}
        headers |= {"cookie": f"{SESSION}={session.id}", HEADER: session.csrf}
        answer = await self._client.request(method, path, headers=headers, **sent)
        await self._sessions.end(session)
        return answer

    def _name_what_is_there(self, case: Case) -> None:
        """Put ids of things that are there into the address, and the version that new things have."""
        known = {name: self._ids[name] for name in case.path_parameters if name in self._ids}
        case.path_parameters |= known
        if known and "If-Match" in case.headers:
            case.headers["If-Match"] = '"1"'

    def _learn(self, case: Case, answer: Response) -> None:
        """Keep the id of something that is there, under the name that addresses have for it: /users is user_id."""
        if answer.is_success and answer.headers.get("content-type", "").startswith("application/json"):
            body = answer.json()
            things = body.get("items", [body]) if isinstance(body, dict) else []
            if things and "id" in things[-1] and "{" not in case.path:
                self._ids[case.path.rpartition("/")[2].removesuffix("s") + "_id"] = str(things[-1]["id"])

    def _address(self, route: HTTPRoute) -> str:
        parts = (part if isinstance(part, str) else self._ids.get(part.name, NOTHING) for part in route.path_components)
        return "/" + "/".join(parts)


def forms(handler: HTTPRouteHandler) -> Iterator[dict[str, Any]]:
    """What to send to a page, for httpx: its fields empty, with something likely, and with each of VALUES in turn."""
    data = handler.parsed_data_field
    if data is None:
        yield {"params": dict.fromkeys(handler.parsed_fn_signature.parameters, VALUES[0])}
        yield {}
        return
    likely = sample(inspect.type_info(data.annotation), UUID(NOTHING))
    fields = {name: _text(value) for name, value in likely.items()}
    files = {"files": {"file": ("f.csv", b"a;b\n")}} if wanted_type(handler) == "multipart/form-data" else {}
    for sent in ({}, fields, *(fields | {name: value} for name in fields for value in VALUES)):
        yield {"data": sent, **files}


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str | int | float) else ""


def cases(operation: APIOperation, count: int) -> list[Case]:
    """The same requests each time: first with data that fits, then with data that does not."""
    found: list[Case] = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode))
        def collect(case: Case) -> None:
            found.append(case)

        try:
            collect()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, operation.label  # nothing about it can be wrong
    return found


@asynccontextmanager
async def asking(app: Litestar, redis: Redis) -> AsyncIterator[Asker]:
    """The administrator of the operator's tenant, in front of the running app."""
    mine = (await create_tenant("operator", "Operator", operator=True)).id
    with tenant(mine):
        user = await create_user("kari@operator.example", "Kari", role="administrator")
    principal = await principal_of(user.id)
    assert principal is not None
    door = ASGITransport(app, raise_app_exceptions=False)
    async with app.lifespan(), AsyncClient(transport=door, base_url=HOST) as client:
        yield Asker(client, Sessions(redis, idle_seconds=600), principal)


@pytest.mark.slow
@pytest.mark.timeout(400)  # thousands of requests: 10 s of one processor's time
async def test_no_input_breaks_the_api_or_a_page_and_the_api_answers_as_described(app: Litestar, redis: Redis) -> None:
    async with asking(app, redis) as asker:
        await asker.try_api()
        await asker.try_pages(app)
    assert asker.complaints == []
    assert 200 in asker.answered["GET /api/v1/calls"] & asker.answered["GET /calls"]


class Thing(Struct):
    name: Annotated[str, Meta(max_length=3)]


class Faulty(Controller):
    """Every fault that has to be found."""

    path = f"{API}/faulty"
    opt = {"permission": SIGNED_IN}  # noqa: RUF012 (Litestar's way)

    @get("/breaks")
    async def breaks(self, times: FromQuery[int] = 0) -> int:
        return 1 // times

    @get("/lies")
    async def lies(self) -> Thing:
        return Answer({"called": "otherwise"})  # type: ignore[return-value]

    @post("/takes")
    async def takes(self, data: JSONBody[Thing]) -> None:
        raise HTTPException(status_code=418)


@post("/faulty", opt={"permission": SIGNED_IN}, include_in_schema=False)
async def stumbles(data: URLEncodedBody[Thing]) -> int:
    return int(data.name)


async def test_a_route_with_a_fault_is_found(app: Litestar, redis: Redis) -> None:
    app.register(Faulty)
    app.register(stumbles)
    async with asking(app, redis) as asker:
        await asker.try_api(below=Faulty.path)
        await asker.try_pages(app, below="/faulty")
    faults = {
        f"{Faulty.path}/breaks": "Server error",
        f"{Faulty.path}/lies": '"name" is a required property',
        f"{Faulty.path}/takes": "Undocumented status code",
        "POST /faulty": "500",
    }
    for path, fault in faults.items():
        assert [line for line in asker.complaints if path in line and fault in line], asker.complaints
