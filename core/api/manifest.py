"""The manifest: everything that a plugin declares, as frozen data."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from core.api.access import Permission
from core.api.elements import AnyElement
from core.api.retention import RetentionClass

API = 1
"""Number of this plugin interface. It grows only when a plugin written for the old one would break."""


class Slot(StrEnum):
    """A place on a page where panels go."""

    SWITCHBOARD_LEFT = "switchboard.left"
    SWITCHBOARD_RIGHT = "switchboard.right"
    LIVE = "live"
    ADMIN = "admin"
    MOBILE = "mobile"
    DASHBOARD = "dashboard"


class Panel(Struct, frozen=True, kw_only=True):
    """A part of a page: a custom element `tag`, defined by the ES module `module` in the plugin's static/."""

    key: str
    slot: Slot
    title: str
    tag: str
    module: str
    permission: str
    order: int = 100


class Job(Struct, frozen=True, kw_only=True):
    """Work in the background. Runs in the tenant's scope: `await run(ctx, *args)`.

    `every_minutes` makes it periodic for every tenant that has the plugin on; 0: only when enqueued.
    """

    key: str
    run: Callable[..., Awaitable[None]]
    every_minutes: int = 0
    timeout_seconds: int = 60
    max_tries: int = 8


class Report(Struct, frozen=True, kw_only=True):
    """A report: `await run(ctx, parameters)` returns rows in the order of `columns` (gettext ids)."""

    key: str
    title: str
    permission: str
    columns: tuple[str, ...]
    parameters: type[Struct]
    run: Callable[..., Awaitable[list[tuple[Any, ...]]]]


class MenuEntry(Struct, frozen=True, kw_only=True):
    """A page of the plugin in the menu of the administration.

    `path`: its address, below /p/<name>/; `icon`: one of core's.
    """

    key: str
    path: str
    icon: str
    title: str
    permission: str


class EventType(Struct, frozen=True, kw_only=True):
    """An event that the plugin emits: key and the Struct of its data."""

    key: str
    title: str
    data: type[Struct]


class Manifest(Struct, frozen=True, kw_only=True):
    """What a plugin is and adds. Every key begins with `name` and a dot, every table with `name` and _."""

    name: str
    """Lower-case identifier; also the import name of the plugin's package."""
    title: str
    version: str
    api: int
    """The API number that the plugin was written for."""
    package: str
    """Import path of the package that has templates/, static/ and locale/."""
    permissions: tuple[Permission, ...] = ()
    settings: type[Struct] | None = None
    """Settings of a tenant, all with defaults; the form is made from it."""
    piccolo_app: str = ""
    """Import path of the piccolo_app module with the plugin's tables and migrations."""
    controllers: tuple[type, ...] = ()
    """Litestar controllers; each route has opt={"permission": …}. Mounted at /p/<name>/."""
    panels: tuple[Panel, ...] = ()
    menu: tuple[MenuEntry, ...] = ()
    """Its pages in the menu of the administration."""
    actions: Mapping[str, str] = {}
    """What its entries in the audit trail say: action → text (a gettext id)."""
    elements: tuple[AnyElement, ...] = ()
    """Instances of call-flow elements."""
    reports: tuple[Report, ...] = ()
    providers: tuple[Any, ...] = ()
    """Instances of provider classes, e.g. core.api.speech.TextToSpeech; the base class is the kind."""
    jobs: tuple[Job, ...] = ()
    events: tuple[EventType, ...] = ()
    retention: tuple[RetentionClass, ...] = ()
    """For how long the personal data in its tables is kept; core deletes what is older."""
