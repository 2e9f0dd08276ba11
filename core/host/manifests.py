"""The rules that a manifest must keep, each with a message that says how to mend it (docs/adr/0006)."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from litestar import Controller, Litestar, Router
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from msgspec import NODEFAULT
from msgspec.structs import fields

from core.api.access import PUBLIC, AccessLevel
from core.api.manifest import API, Manifest
from core.host.errors import PluginRefused
from core.host.settings_form import UnknownType, form_of

GIVEN = ("ctx", "pages", "flow_uses", "flow_names")
"""What a plugin's routes may ask for."""
NAME = re.compile(r"^[a-z][a-z0-9_]{1,30}$")
TAG = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)+$")
CORE = Path(__file__).parents[1]
TAKEN = {"core", "call", "leg", "live", "offer", "part", *(module.name for module in pkgutil.iter_modules([str(CORE)]))}
"""Names with which keys of core begin."""


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
    if manifest.name in TAKEN:
        yield f"its name {manifest.name!r} is that of a part of core; choose another"
    yield from _keys(manifest)
    yield from _permissions(manifest)
    yield from _mounting(manifest)
    yield from _package(manifest)
    yield from _settings(manifest)
    yield from _tables(manifest)
    yield from _retention(manifest)


def _keys(manifest: Manifest) -> Iterator[str]:
    """Every key begins with the plugin's name and is used once."""
    kinds = ("permissions", "panels", "menu", "elements", "reports", "jobs", "events", "retention")
    every = {kind: [item.key for item in getattr(manifest, kind)] for kind in kinds}
    for kind, keys in (every | {"actions": [*manifest.actions]}).items():
        for key in keys:
            if not key.startswith(manifest.name + "."):
                yield f"{kind}: the key {key!r} must begin with {manifest.name + '.'!r}"
            if keys.count(key) > 1:
                yield f"{kind}: the key {key!r} is there twice"


def routes(manifest: Manifest) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every route of the plugin's controllers, of any protocol, with a name for messages."""
    for controller in manifest.controllers:
        for name in dir(controller):
            handler = getattr(controller, name, None)
            if isinstance(handler, BaseRouteHandler):
                yield f"{controller.__name__}.{name}", handler


def _permissions(manifest: Manifest) -> Iterator[str]:
    """Every route, panel and report names a permission that the plugin declares."""
    declared = {permission.key for permission in manifest.permissions}
    for one in manifest.permissions:
        if one.administrators_only and one.level != AccessLevel.MANAGE:
            yield f"permission {one.key} is for administrators only; its level must be AccessLevel.MANAGE"
    for controller in manifest.controllers:
        if not (isinstance(controller, type) and issubclass(controller, Controller)):
            yield f"controllers: {controller!r} is not a Litestar Controller"
            return
    for name, handler in routes(manifest):
        options = dict(handler.opt or {})
        permission = options.pop("permission", None)
        if options:
            yield f'route {name} sets opt {", ".join(options)}; only "permission" is for plugins'
        if permission is None:
            yield f'route {name} declares no permission; add opt={{"permission": "{manifest.name}.…"}}'
        elif permission != PUBLIC and permission not in declared:
            yield f"route {name} names the permission {permission!r}, which the manifest does not declare"
    needed = {item.key: item.permission for item in manifest.panels}
    needed |= {item.key: item.permission for item in manifest.reports}
    needed |= {item.key: item.permission for item in manifest.menu}
    for entry in manifest.menu:
        if not entry.path.startswith(f"/p/{manifest.name}/"):
            yield f"menu {entry.key}: the path {entry.path!r} must begin with {f'/p/{manifest.name}/'!r}"
    for key, permission in needed.items():
        if permission not in declared:
            yield f"{key} names the permission {permission!r}, which the manifest does not declare"


def _mounting(manifest: Manifest) -> Iterator[str]:
    """The controllers can be mounted, tried here where a fault costs only this plugin."""
    if not manifest.controllers:
        return
    try:
        Litestar(
            [Router(f"/p/{manifest.name}", route_handlers=manifest.controllers)],
            dependencies={name: Provide(_nothing(), sync_to_thread=False) for name in GIVEN},
            openapi_config=None,
            logging_config=None,
        )
    except Exception as error:
        yield f"its routes cannot be mounted: {type(error).__name__}: {error}"


def _nothing() -> Callable[[], None]:
    """Stands for something that routes get."""
    return lambda: None


def _package(manifest: Manifest) -> Iterator[str]:
    """The package bears the plugin's name, and has the files that panels name."""
    if manifest.package.rpartition(".")[2] != manifest.name:
        yield f"package: {manifest.package!r} must be named {manifest.name!r}, as the plugin"
        return
    folders = getattr(importlib.import_module(manifest.package), "__path__", None)
    if not folders:
        yield f"package: {manifest.package!r} is a module; make it a folder with __init__.py"
        return
    for panel in manifest.panels:
        prefix = manifest.name.replace("_", "-") + "-"
        if not TAG.match(panel.tag) or not panel.tag.startswith(prefix):
            yield f"panel {panel.key}: the tag {panel.tag!r} must begin with {prefix!r}: small letters, digits and -"
        if not (Path(folders[0]) / "static" / panel.module).is_file():
            yield f"panel {panel.key}: there is no file static/{panel.module} in {manifest.package}"


def _settings(manifest: Manifest) -> Iterator[str]:
    if manifest.settings is None:
        return
    for field in fields(manifest.settings):
        if field.default is NODEFAULT and field.default_factory is NODEFAULT:
            yield f"settings: {field.name} needs a default, for tenants that have set nothing yet"
    try:
        form_of(manifest.settings)
    except UnknownType as error:
        yield f"settings: {error}"


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


def _retention(manifest: Manifest) -> Iterator[str]:
    """Every class of data allows its default, and is about columns that the plugin has."""
    tables = importlib.import_module(manifest.piccolo_app).APP_CONFIG.table_classes if manifest.piccolo_app else []
    columns = {table._meta.tablename: {column._meta.name for column in table._meta.columns} for table in tables}
    for one in manifest.retention:
        if not 1 <= one.least <= one.default <= one.most or (one.choices and one.default not in one.choices):
            yield f"retention {one.key}: the default {one.default} is not among what it allows"
        if not all(one.least <= choice <= one.most for choice in one.choices):
            yield f"retention {one.key}: choices must lie from {one.least} to {one.most}"
        for rows in one.rows:
            wanted = {rows.table: {rows.key, rows.time or rows.key}, **{part: {rows.key} for part in rows.parts}}
            for table, names in wanted.items():
                for name in sorted(names - columns.get(table, set())):
                    yield f"retention {one.key}: the plugin has no column {name} in a table {table}"
