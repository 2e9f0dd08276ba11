"""The gate in front of every route: it declares a permission, and who asks must have it."""

from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from core.roles.model import PUBLIC, SIGNED_IN, Access, Catalogue

Connection = ASGIConnection[Any, Any, Any, Any]


def permission_guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Raises NotAuthorizedException (401) for a stranger, PermissionDeniedException (403) for too low a level.

    A route that declares nothing is open to nobody.
    """
    permission = handler.opt.get("permission")
    if permission == PUBLIC:
        return
    if connection.scope.get("user") is None:
        raise NotAuthorizedException("sign in first")
    if permission is None or not access_of(connection).allows(permission):
        raise PermissionDeniedException("your role does not give access to this")


def access_of(connection: Connection) -> Access:
    """What the one who asks may do."""
    access: Access = connection.scope["state"]["access"]
    return access


def routes_without_permission(app: Litestar, catalogue: Catalogue) -> Iterator[str]:
    """Routes of the app that declare no permission, or one that does not exist; each as "METHODS path"."""
    known = {PUBLIC, SIGNED_IN, *catalogue.permissions}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            methods = ",".join(sorted(getattr(handler, "http_methods", {"WEBSOCKET"})))
            # Litestar answers OPTIONS itself, with the list of methods and nothing else.
            if methods != "OPTIONS" and getattr(handler, "opt", {}).get("permission") not in known:
                yield f"{methods} {route.path}"
