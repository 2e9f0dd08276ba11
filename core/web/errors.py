"""Errors as people read them (a page) and as programs read them (problem details, RFC 9457)."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from redis.exceptions import RedisError

from core.api.errors import Refused
from core.api.texts import N_
from core.data import DatabaseUnavailable
from core.data.errors import DataError
from core.ui.shell import Shell, page
from core.ui.templating import _
from core.ui.translations import DOMAIN
from core.web.security import API, nonce, request_id

Says = Callable[[str], str]

log = logging.getLogger(__name__)


class Kind(NamedTuple):
    """What an HTTP status means here: its stable name for programs, a title and advice (gettext ids)."""

    code: str
    title: str
    help: str = ""


KINDS = {
    400: Kind(
        "malformed",
        N_("That did not look right"),
        N_("Something in the request could not be understood. Go back and try again."),
    ),
    401: Kind("not_signed_in", N_("Please sign in"), N_("You have been away for a while. Sign in to go on.")),
    403: Kind(
        "forbidden",
        N_("You have no access to this"),
        N_("Ask an administrator of your company to give your role access."),
    ),
    404: Kind(
        "not_found",
        N_("There is nothing here"),
        N_("The page does not exist, or it belongs to somebody else. Check the address."),
    ),
    405: Kind("method_not_allowed", N_("That cannot be done here")),
    408: Kind("too_slow", N_("That took too long"), N_("The request did not arrive in time. Try again.")),
    409: Kind("refused", N_("That cannot be done as things are")),
    412: Kind("changed", N_("Somebody was faster")),
    413: Kind("too_large", N_("That was too large")),
    415: Kind("unsupported_type", N_("That is the wrong kind of content")),
    422: Kind("invalid", N_("That did not look right")),
    428: Kind("version_missing", N_("The version is missing")),
    429: Kind("too_many", N_("Too many attempts"), N_("Wait a little before you try again.")),
    500: Kind(
        "failed",
        N_("Something went wrong"),
        N_("The fault is ours and has been recorded. Try again, and quote the reference below if it stays."),
    ),
    503: Kind(
        "unavailable",
        N_("A short break"),
        N_("A service that we need is starting again. Calls go on meanwhile. Try again in a few seconds."),
    ),
}
PROBLEM = "urn:sentralbord:problem:"
"""Begins the `type` of problem details; what follows is the code of the refusal, or of its status."""


def handle_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer any exception: what was expected with its status, a lost service with 503, the rest with 500."""
    says = _texts_of(request)
    status, detail = _status(error, says)
    if status >= 500:
        log.error("%s %s failed (%s)", request.method, request.url.path, request_id(request.scope), exc_info=error)
    headers = dict(getattr(error, "headers", None) or {})
    if status == 503:
        headers["Retry-After"] = "3"
    if not _wants_page(request):
        return _problem(request, error, status, detail, headers, says)
    if status == 401 and request.method == "GET":
        return _to(request, f"/sign-in?next={quote(_path(request))}")
    if leads_to := getattr(error, "leads_to", ""):
        return _to(request, leads_to)
    request.state.setdefault("shell", Shell(nonce(request.scope), "", request.url.path))
    kind = kind_of(status)
    response = page(
        request,
        "error.html",
        status=status,
        title=_(kind.title),
        help=_(kind.help) if kind.help else "",
        detail=detail if status in {400, 403} or isinstance(error, Refused) else "",
        reference=request_id(request.scope),
    )
    response.headers.update(headers)
    return response


def kind_of(status: int) -> Kind:
    """What a status means; one that we do not use counts as the plain one of its class (RFC 9110 §15)."""
    return KINDS.get(status) or KINDS[400 if status < 500 else 500]


def _texts_of(request: Request[Any, Any, Any]) -> Says:
    """Translates the texts of whose route it is: core's, or a plugin's."""
    handler = request.scope.get("route_handler")
    return partial(_, domain=handler.opt.get("plugin", DOMAIN) if handler else DOMAIN)


def _to(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    """Lead to another page of ours. htmx would swap it into this one, so it is told to leave the page."""
    if "hx-request" in request.headers:
        return Response(b"", headers={"HX-Redirect": address})
    return Redirect(address, status_code=302 if request.method == "GET" else 303)


def _status(error: Exception, says: Says) -> tuple[int, str]:
    if isinstance(error, Refused):
        return error.status, error.text(says)
    if isinstance(error, HTTPException):
        return error.status_code, error.detail
    if isinstance(error, DataError):
        log.warning("PostgreSQL does not take a value that was sent: %s", error)
        return 422, "a value is larger than anything we keep, or has characters that no text has"
    if isinstance(error, (DatabaseUnavailable, RedisError)):
        return 503, "a service that is needed is not reachable just now"
    return 500, "unexpected error"


def _problem(
    request: Request[Any, Any, Any], error: Exception, status: int, detail: str, headers: dict[str, str], says: Says
) -> Response[bytes]:
    """Problem details. `type` is stable for each kind of refusal; `errors` has what is wrong field by field."""
    kind = kind_of(status)
    body: dict[str, Any] = {
        "type": f"{PROBLEM}{error.code if isinstance(error, Refused) else kind.code}",
        "title": _(kind.title),
        "status": status,
        "detail": detail,
        "instance": request_id(request.scope),
    }
    if errors := _errors(error, kind, says):
        body["errors"] = errors
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def _errors(error: Exception, kind: Kind, says: Says) -> list[dict[str, str]]:
    """What is wrong, field by field: of our own refusals, or what Litestar says of a request."""
    if isinstance(error, Refused):
        return [
            {"field": one.field, "code": one.code, "detail": one.text(says)}
            for one in error.all
            if one.field or one is not error
        ]
    extra = getattr(error, "extra", None)
    found = [one for one in extra if isinstance(one, dict)] if isinstance(extra, list) else []
    return [{"field": _field(one), "code": kind.code, "detail": str(one.get("message", ""))} for one in found]


def _field(found: dict[str, Any]) -> str:
    """The field that Litestar complains of; empty when it is the body as a whole."""
    key = str(found.get("key", ""))
    return "" if (key, found.get("source")) == ("data", "body") else key


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return (
        not API.match(path)
        and not path.startswith(("/static/", "/i18n/"))
        and "text/html" in request.headers.get("accept", "")
    )


def _path(request: Request[Any, Any, Any]) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
