"""The gate in front of every route: it declares a permission, and who asks must have it."""

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from core.identity.model import Principal
from core.roles.model import PERMISSIONS, PUBLIC, SIGNED_IN, Permission, allows

Connection = ASGIConnection[Any, Any, Any, Any]


class PermissionGuard:
    """Raises NotAuthorizedException (401) for a stranger, PermissionDeniedException (403) for too low a level.

    A route that declares nothing is open to nobody. `plugins` are the permissions of the loaded plugins.
    """

    def __init__(self, plugins: Mapping[str, Permission]) -> None:
        self._plugins = plugins

    def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        permission = handler.opt.get("permission")
        if permission == PUBLIC:
            return
        principal: Principal | None = connection.scope.get("user")
        if principal is None:
            raise NotAuthorizedException("sign in first")
        if permission is None or not allows(principal.role, permission, self._plugins, operator=principal.operator):
            raise PermissionDeniedException("your role does not give access to this")


def routes_without_permission(app: Litestar, plugins: Mapping[str, Permission]) -> Iterator[str]:
    """Routes of the app that declare no permission, or one that does not exist; each as "METHODS path"."""
    known = {PUBLIC, SIGNED_IN, *PERMISSIONS, *plugins}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            methods = ",".join(sorted(getattr(handler, "http_methods", {"WEBSOCKET"})))
            # Litestar answers OPTIONS itself, with the list of methods and nothing else.
            if methods != "OPTIONS" and getattr(handler, "opt", {}).get("permission") not in known:
                yield f"{methods} {route.path}"
