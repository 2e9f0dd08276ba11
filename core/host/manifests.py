"""The rules that a manifest must keep, each with a message that says how to mend it (design §4)."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from litestar import Controller
from litestar.handlers import HTTPRouteHandler
from msgspec import NODEFAULT
from msgspec.structs import fields

from core.api.access import PUBLIC
from core.api.manifest import API, Manifest
from core.host.errors import PluginRefused

NAME = re.compile(r"^[a-z][a-z0-9_]{1,30}$")


def check(manifest: Any) -> Manifest:
    """The manifest when it keeps every rule; raises PluginRefused with the first one broken."""
    if not isinstance(manifest, Manifest):
        kind = type(manifest).__name__
        raise PluginRefused(f"sentralbord_manifest() returned {kind}; return a core.api Manifest")
    for problem in _problems(manifest):
        raise PluginRefused(problem)
    return manifest


def _problems(manifest: Manifest) -> Iterator[str]:
    if manifest.api != API:
        yield f"it is for plugin API {manifest.api}, this installation has {API}; get a matching version"
    if not NAME.match(manifest.name):
        yield f"its name {manifest.name!r} must be lower-case letters, digits and _, at most 31"
    yield from _keys(manifest)
    yield from _permissions(manifest)
    yield from _settings(manifest)
    yield from _tables(manifest)


def _keys(manifest: Manifest) -> Iterator[str]:
    """Every key begins with the plugin's name and is used once."""
    kinds = ("permissions", "panels", "elements", "reports", "jobs", "events")
    for kind in kinds:
        keys = [item.key for item in getattr(manifest, kind)]
        for key in keys:
            if not key.startswith(manifest.name + "."):
                yield f"{kind}: the key {key!r} must begin with {manifest.name + '.'!r}"
            if keys.count(key) > 1:
                yield f"{kind}: the key {key!r} is there twice"


def routes(manifest: Manifest) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every route of the plugin's controllers with a name for messages."""
    for controller in manifest.controllers:
        for name in dir(controller):
            handler = getattr(controller, name, None)
            if isinstance(handler, HTTPRouteHandler):
                yield f"{controller.__name__}.{name}", handler


def _permissions(manifest: Manifest) -> Iterator[str]:
    """Every route, panel and report names a permission that the plugin declares."""
    declared = {permission.key for permission in manifest.permissions}
    for controller in manifest.controllers:
        if not issubclass(controller, Controller):
            yield f"controllers: {controller!r} is not a Litestar Controller"
            return
    for name, handler in routes(manifest):
        permission = (handler.opt or {}).get("permission")
        if permission is None:
            yield f'route {name} declares no permission; add opt={{"permission": "{manifest.name}.…"}}'
        elif permission != PUBLIC and permission not in declared:
            yield f"route {name} names the permission {permission!r}, which the manifest does not declare"
    needed = {item.key: item.permission for item in manifest.panels}
    needed |= {item.key: item.permission for item in manifest.reports}
    for key, permission in needed.items():
        if permission not in declared:
            yield f"{key} names the permission {permission!r}, which the manifest does not declare"


def _settings(manifest: Manifest) -> Iterator[str]:
    if manifest.settings is None:
        return
    for field in fields(manifest.settings):
        if field.default is NODEFAULT and field.default_factory is NODEFAULT:
            yield f"settings: {field.name} needs a default, for tenants that have set nothing yet"


def _tables(manifest: Manifest) -> Iterator[str]:
    """Every table is prefixed and has a tenant; its policy is checked after the migrations."""
    if not manifest.piccolo_app:
        return
    config = importlib.import_module(manifest.piccolo_app).APP_CONFIG
    if config.app_name != manifest.name:
        yield f"piccolo_app: app_name is {config.app_name!r}; it must be {manifest.name!r}"
    for table in config.table_classes:
        name = table._meta.tablename
        if not name.startswith(manifest.name + "_"):
            yield f"the table {name!r} must begin with {manifest.name + '_'!r}"
        if "tenant_id" not in {column._meta.name for column in table._meta.columns}:
            yield f"the table {name!r} has no tenant_id column"
