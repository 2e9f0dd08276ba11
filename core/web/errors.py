"""Errors as people read them (a page) and as programs read them (problem details, RFC 9457)."""

import logging
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from redis.exceptions import RedisError

from core.api.errors import Refused
from core.api.texts import N_
from core.data import DatabaseUnavailable
from core.ui.shell import Shell, page
from core.ui.templating import _
from core.web.security import nonce, request_id

log = logging.getLogger(__name__)

TITLES = {
    400: N_("That did not look right"),
    401: N_("Please sign in"),
    403: N_("You have no access to this"),
    404: N_("There is nothing here"),
    405: N_("That cannot be done here"),
    409: N_("That cannot be done as things are"),
    412: N_("Somebody was faster"),
    413: N_("That was too large"),
    422: N_("That did not look right"),
    428: N_("The version is missing"),
    429: N_("Too many attempts"),
    503: N_("A short break"),
}
HELP = {
    400: N_("Something in the request could not be understood. Go back and try again."),
    401: N_("You have been away for a while. Sign in to go on."),
    403: N_("Ask an administrator of your company to give your role access."),
    404: N_("The page does not exist, or it belongs to somebody else. Check the address."),
    429: N_("Wait a little before you try again."),
    503: N_("A service that we need is starting again. Calls go on meanwhile. Try again in a few seconds."),
}
PROBLEM = "urn:sentralbord:problem:"
"""Begins the `type` of problem details; what follows is the refusal's code."""
FAILED_TITLE = N_("Something went wrong")
FAILED_HELP = N_("The fault is ours and has been recorded. Try again, and quote the reference below if it stays.")


def handle_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer any exception: what was expected with its status, a lost service with 503, the rest with 500."""
    status, detail = _status(error)
    if status >= 500:
        log.error("%s %s failed (%s)", request.method, request.url.path, request_id(request.scope), exc_info=error)
    headers = dict(getattr(error, "headers", None) or {})
    if status == 503:
        headers["Retry-After"] = "3"
    if not _wants_page(request):
        return _problem(request, error, status, detail, headers)
    if status == 401 and request.method == "GET":
        return _to_sign_in(request)
    request.state.setdefault("shell", Shell(nonce(request.scope), "", request.url.path))
    response = page(
        request,
        "error.html",
        status=status,
        title=_(TITLES.get(status, FAILED_TITLE)),
        help=_(HELP.get(status, FAILED_HELP)),
        detail=detail if status in {400, 403} or isinstance(error, Refused) else "",
        reference=request_id(request.scope),
    )
    response.headers.update(headers)
    return response


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Lead to the sign-in and back here. htmx would swap it into the page, so it is told to leave the page."""
    address = f"/sign-in?next={quote(_path(request))}"
    if "hx-request" in request.headers:
        return Response(b"", headers={"HX-Redirect": address, "Cache-Control": "no-store"})
    return Redirect(address, headers={"Cache-Control": "no-store"})


def _status(error: Exception) -> tuple[int, str]:
    if isinstance(error, Refused):
        return error.status, error.text(_)
    if isinstance(error, HTTPException):
        return error.status_code, error.detail
    if isinstance(error, (DatabaseUnavailable, RedisError)):
        return 503, "a service that is needed is not reachable just now"
    return 500, "unexpected error"


def _problem(
    request: Request[Any, Any, Any], error: Exception, status: int, detail: str, headers: dict[str, str]
) -> Response[bytes]:
    """Problem details. `type` is stable for each kind of refusal; `errors` has what is wrong field by field."""
    body: dict[str, Any] = {
        "type": f"{PROBLEM}{error.code}" if isinstance(error, Refused) else "about:blank",
        "title": _(TITLES.get(status, FAILED_TITLE)),
        "status": status,
        "detail": detail,
        "instance": request_id(request.scope),
    }
    if errors := _errors(error):
        body["errors"] = errors
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers
    )


def _errors(error: Exception) -> Any:
    """What is wrong, field by field: of our own refusals, or what Litestar says of a request."""
    if isinstance(error, Refused):
        return [
            {"field": one.field, "code": one.code, "detail": one.text(_)}
            for one in error.all
            if one.field or one is not error
        ]
    return getattr(error, "extra", None)


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/static/", "/i18n/")) and "text/html" in request.headers.get("accept", "")


def _path(request: Request[Any, Any, Any]) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
