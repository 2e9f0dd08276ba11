"""The gate in front of every route: it declares a permission, and who asks must have it."""

from collections.abc import Iterator

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from core.identity.model import Principal
from core.roles.model import PERMISSIONS, PUBLIC, SIGNED_IN, allows


def permission_guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """Raises NotAuthorizedException (401) for a stranger, PermissionDeniedException (403) for too low a level.

    A route that declares nothing is open to nobody.
    """
    permission = handler.opt.get("permission")
    if permission == PUBLIC:
        return
    principal: Principal | None = connection.scope.get("user")
    if principal is None:
        raise NotAuthorizedException("sign in first")
    if permission is None or not allows(principal.role, permission):
        raise PermissionDeniedException("your role does not give access to this")


def routes_without_permission(app: Litestar) -> Iterator[str]:
    """Routes of the app that declare no permission, or one that does not exist; each as "METHODS path"."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            methods = ",".join(sorted(getattr(handler, "http_methods", {"WEBSOCKET"})))
            # Litestar answers OPTIONS itself, with the list of methods and nothing else.
            if methods != "OPTIONS" and handler.opt.get("permission") not in {PUBLIC, SIGNED_IN, *PERMISSIONS}:
                yield f"{methods} {route.path}"
