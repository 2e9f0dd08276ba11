"""What a module adds to a company, told from its manifest alone; no I/O."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from core.api.manifest import Manifest

Kind = Literal["panel", "element", "report", "provider", "permission"]


class Addition(Struct, frozen=True):
    """One thing that comes with a module and goes with it. `title`: a gettext id of the module."""

    kind: Kind
    title: str
    level: str = ""
    """Of a permission: the access level from which a role has it."""


class Module(Struct, frozen=True, kw_only=True):
    """An installed module as a company has it. `release` is the module's own version, `version` the company's row.

    Of a module that is not granted nothing more is told than its name (GEN-8). `seats`: licences, null: unlimited;
    `seats_taken`: how many of them users have.
    """

    plugin: str
    title: str
    release: str
    entitled: bool
    enabled: bool
    seats: int | None
    seats_taken: int
    version: int


class ModuleDetails(Struct, frozen=True, kw_only=True):
    """A module, what it adds, and the published flows that pass through its elements.

    `rows`: how much it keeps of the company, also while it is off.
    """

    module: Module
    adds: tuple[Addition, ...]
    rows: int
    flows: tuple[str, ...]
    has_settings: bool


def additions(manifest: Manifest) -> tuple[Addition, ...]:
    """Everything that appears when the module is switched on, and is gone when it is off."""
    return tuple(_additions(manifest))


def _additions(manifest: Manifest) -> Iterator[Addition]:
    for panel in manifest.panels:
        yield Addition("panel", panel.title)
    for element in manifest.elements:
        yield Addition("element", element.title)
    for report in manifest.reports:
        yield Addition("report", report.title)
    for provider in manifest.providers:
        yield Addition("provider", provider.key)
    for permission in manifest.permissions:
        yield Addition("permission", permission.title, permission.level.name.lower())
