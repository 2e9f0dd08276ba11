"""The API's own description (OpenAPI 3.1): what Litestar finds in the handlers, and what holds for every operation."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from core.api.access import PUBLIC
from core.roles.model import SIGNED_IN
from core.web.csrf import HEADER, SAFE
from core.web.errors import KINDS, PROBLEM

API = "/api/v1"
DOCUMENT = "/openapi.json"
ABOUT = """Everything that can be done on a page can be done here, with the same permissions.

Lists come in pages: ask with `after` = the `next` of the page before. A single thing comes with an `ETag`; send it back
as `If-Match` when you change the thing. Every error is problem details (RFC 9457) with a stable `type`."""
SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The cookie of a sign-in; over HTTPS its name is __Host-session.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": HEADER,
        "description": "The token of the session, needed beside the cookie by every method but GET.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "An API token: see My profile → API tokens."},
}
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "pattern": f"^{PROBLEM}[a-z_.]+$", "description": "What kind of problem: stable."},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and how to mend it, in the reader's language."},
        "instance": {"type": "string", "description": "The request's id, as in X-Request-ID and in our log."},
        "errors": {
            "type": "array",
            "description": "Field by field.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": TEXT, "code": TEXT, "detail": TEXT},
            },
        },
    },
}


def openapi_config() -> OpenAPIConfig:
    """Serve the document at /api/v1/openapi.json to who has signed in."""
    return OpenAPIConfig(
        title="Sentralbord",
        version="1",
        description=ABOUT,
        use_handler_docstrings=True,
        render_plugins=[_Document()],
        openapi_router=Router(
            API,
            route_handlers=[],
            opt={"permission": SIGNED_IN},
            include_in_schema=False,
            before_request=_nothing_but_the_document,
        ),
    )


class _Document(JsonRenderPlugin):
    """Renders the completed document, once."""

    def __init__(self) -> None:
        super().__init__(path=DOCUMENT)
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._rendered is None:
            self._rendered = msgspec.json.encode(completed(request.app, openapi_schema))
        return self._rendered


def _nothing_but_the_document(request: Request[Any, Any, Any]) -> None:
    """Litestar's router answers other addresses below it with a page."""
    if not request.url.path.endswith(DOCUMENT):
        raise NotFoundException


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Path, method in small letters, and handler of every documented operation."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema():
                    yield route.path_format, method.lower(), handler


def completed(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Litestar's document with errors, security and permissions of every operation."""
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    components.setdefault("schemas", {})["Problem"] = SCHEMA
    components["responses"] = {kind.code: _response(status) for status, kind in KINDS.items()}
    for path, method, handler in operations(app):
        _complete(document["paths"][path][method], method, handler)
    return document


def _complete(operation: dict[str, Any], method: str, handler: HTTPRouteHandler) -> None:
    permission = handler.opt["permission"]
    operation["responses"] = {code: one for code, one in operation["responses"].items() if code < "400"}
    operation["responses"] |= {
        str(status): {"$ref": f"#/components/responses/{KINDS[status].code}"}
        for status in sorted(_statuses(operation, method, permission) | set(handler.opt.get("also", ())))
    }
    unsafe = method.upper() not in SAFE
    ways: list[dict[str, list[str]]] = [{"session": [], **({"csrf": []} if unsafe else {})}]
    if permission != SIGNED_IN:
        ways.append({"token": []})
    operation["security"] = [] if permission == PUBLIC else ways
    operation["x-permission"] = permission
    if permission not in (PUBLIC, SIGNED_IN):
        operation["description"] = f"{operation.get('description', '')}\n\nPermission: `{permission}`.".strip()


def _statuses(operation: dict[str, Any], method: str, permission: str) -> set[int]:
    """The errors that an operation can answer with."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    found = {429, 503}
    if permission != PUBLIC:
        found |= {401, 403}
    if places or "requestBody" in operation:
        found |= {400, 422}
    if "path" in places:
        found |= {404}
    if "If-Match" in names:
        found |= {412, 428}
    if method.upper() not in SAFE:
        found |= {403, 404, 409, 422}
    if "requestBody" in operation:
        found |= {408, 413, 415}
    return found


def _response(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}
