"""What plugins add to the web application: routes, files and panels, each silent for tenants without the plugin."""

import hashlib
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from litestar import Router
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.static_files import create_static_files_router
from msgspec import Struct

from core.api.access import Permission
from core.api.manifest import Slot
from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.identity.model import Principal
from core.roles.model import allows
from core.web.static import FOREVER, OPEN

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]


class PanelView(Struct, frozen=True):
    """A panel as a page places it: custom element and the module that defines it."""

    tag: str
    title: str
    module: str


class Plugins:
    """The loaded plugins as the web application sees them."""

    def __init__(self, registry: Registry, gate: Gate) -> None:
        self._registry, self._gate = registry, gate
        every = (item for plugin in registry.plugins.values() for item in plugin.manifest.permissions)
        self.permissions: dict[str, Permission] = {permission.key: permission for permission in every}
        self._files = {name: _static(plugin) for name, plugin in registry.plugins.items()}

    def routers(self) -> Iterable[Router]:
        """Controllers under /p/<name>/, files under /p/<name>/static/<hash>/."""
        for name, plugin in self._registry.plugins.items():
            if plugin.manifest.controllers:
                yield Router(f"/p/{name}", route_handlers=plugin.manifest.controllers, guards=[self._guard(name)])
            if found := self._files[name]:
                folder, address = found
                yield create_static_files_router(
                    address, directories=[folder], name=f"static-{name}", cache_control=FOREVER, opt=OPEN
                )

    def panels(self, slot: Slot, principal: Principal) -> list[PanelView]:
        """The panels of a slot that this user sees: plugin on for the tenant, permission had."""
        found = []
        for panel in self._registry.panels(slot):
            name = self._registry.owner(panel.key)
            files = self._files.get(name)
            on = self._gate.is_on(name, principal.tenant_id)
            if files and on and allows(principal.role, panel.permission, self.permissions):
                found.append(PanelView(panel.tag, panel.title, f"{files[1]}/{panel.module}"))
        return found

    def _guard(self, name: str) -> Guard:
        def is_on(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
            """A plugin that is off does not exist."""
            principal: Principal | None = connection.scope.get("user")
            if principal is not None and not self._gate.is_on(name, principal.tenant_id):
                raise NotFoundException

        return is_on


def _static(plugin: Plugin) -> tuple[Path, str] | None:
    """The plugin's folder of files and its address, which changes with their content."""
    source = importlib.import_module(plugin.manifest.package).__file__
    folder = Path(source).parent / "static" if source else None
    if folder is None or not folder.is_dir():
        return None
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(file.name.encode() + file.read_bytes())
    return folder, f"/p/{plugin.name}/static/{content.hexdigest()[:12]}"
