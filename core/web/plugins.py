"""What plugins add to the web application: routes, templates, files and panels; silent for tenants without it."""

import hashlib
import importlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.static_files import create_static_files_router
from msgspec import Struct

from core.api.access import PUBLIC
from core.api.context import Context
from core.api.manifest import Slot
from core.api.pages import Pages
from core.api.texts import N_
from core.audit.actions import add_actions
from core.data import NoTenant
from core.host.context import ContextFactory
from core.host.errors import ModuleOff
from core.host.gate import Gate
from core.host.registry import Plugin, Registry
from core.identity.model import Principal
from core.roles.model import Access
from core.ui.templating import _
from core.ui.translations import add_domain
from core.web.plugin_pages import PluginPages

OWNER = "plugin"
"""In a route's `opt`: the plugin that it belongs to."""
KEPT = CacheControlHeader(private=True, max_age=365 * 86400, immutable=True)
"""Addresses change with the content. No shared cache may keep them: it would answer past the gate."""


class PanelView(Struct, frozen=True):
    """A panel as a page places it: custom element, title in the reader's language, module that defines it."""

    tag: str
    title: str
    module: str


class Plugins:
    """The loaded plugins as the web application sees them."""

    def __init__(self, registry: Registry, gate: Gate, contexts: ContextFactory | None = None) -> None:
        self._registry, self._gate, self._contexts = registry, gate, contexts
        self._files = {name: _static(plugin) for name, plugin in registry.plugins.items()}
        for name, plugin in registry.plugins.items():
            add_domain(name, _folder(plugin) / "locale")
            add_actions(name, plugin.manifest.actions)

    def routers(self) -> Iterable[Router]:
        """Controllers under /p/<name>/, files under /p/<name>/static/<hash>/."""
        for name, plugin in self._registry.plugins.items():
            if plugin.manifest.controllers:
                yield Router(
                    f"/p/{name}",
                    route_handlers=plugin.manifest.controllers,
                    opt={OWNER: name},
                    dependencies={"ctx": Provide(self._context_of(plugin)), "pages": Provide(_pages_of(name))},
                )
            if found := self._files[name]:
                folder, address = found
                opt = {"permission": PUBLIC, OWNER: name}
                yield create_static_files_router(
                    address, directories=[folder], name=f"static-{name}", cache_control=KEPT, opt=opt
                )

    def _context_of(self, plugin: Plugin) -> Callable[[], Awaitable[Context]]:
        async def ctx() -> Context:
            """For the tenant that the request works for."""
            if self._contexts is None:
                raise RuntimeError("this app was made without contexts for plugins")
            try:
                return await self._contexts.here(plugin)
            except NoTenant:
                raise NotAuthorizedException("sign in first") from None

        return ctx

    def address(self, plugin: str) -> str:
        """Where the plugin's files are served; "" when it has none."""
        files = self._files[plugin]
        return files[1] if files else ""

    def templates(self) -> dict[str, Path]:
        """The folders of the plugins' templates by the name below which they are reached."""
        folders = {name: _folder(plugin) / "templates" for name, plugin in self._registry.plugins.items()}
        return {name: folder for name, folder in folders.items() if folder.is_dir()}

    def panels(self, slot: Slot, access: Access) -> list[PanelView]:
        """The panels of a slot that this user sees: nobody has the permission while the plugin is off."""
        found = []
        for panel in self._registry.panels(slot):
            name = self._registry.owner(panel.key)
            files = self._files.get(name)
            if files and access.allows(panel.permission):
                found.append(PanelView(panel.tag, _(panel.title, name), f"{files[1]}/{panel.module}"))
        return found

    def guard(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """A plugin that is off does not exist: stands before every other guard, which would tell that it does."""
        principal: Principal | None = connection.scope.get("user")
        owner = handler.opt.get(OWNER)
        if owner and principal is not None and not self._gate.is_on(owner, principal.tenant_id):
            title = self._registry.plugins[owner].manifest.title
            raise ModuleOff(N_("The module {module} is not on in your company."), module=_(title, owner))


def _pages_of(plugin: str) -> Callable[[Request[Any, Any, Any]], Awaitable[Pages]]:
    async def pages(request: Request[Any, Any, Any]) -> Pages:
        """For the running request."""
        return PluginPages(plugin, request)

    return pages


def _folder(plugin: Plugin) -> Path:
    """Where the plugin's templates/, static/ and locale/ lie."""
    return Path(importlib.import_module(plugin.manifest.package).__path__[0])


def _static(plugin: Plugin) -> tuple[Path, str] | None:
    """The plugin's folder of files and its address, which changes with their content."""
    folder = _folder(plugin) / "static"
    if not folder.is_dir():
        return None
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return folder, f"/p/{plugin.name}/static/{content.hexdigest()[:12]}"
