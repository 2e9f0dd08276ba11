"""Why somebody may do something, or may not: every link between her role and the answer. Pure: no I/O."""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from core.roles.model import OPERATOR_AREA, AccessLevel, Area, Catalogue, Permission, area_of

There = Literal["there", "off", "not_granted", "operator_only"]
"""The company has the area; it is a module that it has switched off; one that the operator has not granted (GEN-8);
it is the operator's own."""
Verdict = Literal["allowed", "account_off", "operator_only", "not_granted", "off", "level"]
"""The answer; of what stands in the way, the first: her account, the area, her role's level in it."""


class Company(Struct, frozen=True):
    """What a company has: the modules that are on and those that are granted; whether it is the operator's own."""

    on: frozenset[str]
    granted: frozenset[str]
    operator: bool = False

    def there(self, area: Area) -> There:
        """Whether the company has the area just now, or why not."""
        if not area.plugin:
            return "there" if self.operator or area.key != OPERATOR_AREA else "operator_only"
        if area.key in self.on:
            return "there"
        return "off" if area.key in self.granted else "not_granted"

    def areas(self, catalogue: Catalogue) -> list[Area]:
        """Those that roles of the company can have a level in: of modules that are granted, also while they are off."""
        return [area for area in catalogue.areas.values() if self.there(area) in ("there", "off")]


class Chain(Struct, frozen=True):
    """The links between a role and a permission. `level`: the role's in the area of the permission."""

    permission: Permission
    area: Area
    level: AccessLevel
    there: There
    active: bool = True
    """Whether the user may sign in."""

    @property
    def enough(self) -> bool:
        """Whether the role's level includes the permission, leaving aside whether the company has the area."""
        return self.level >= self.permission.level

    @property
    def verdict(self) -> Verdict:
        """The answer, and what stands in the way."""
        if not self.active:
            return "account_off"
        if self.there != "there":
            return self.there
        return "allowed" if self.enough else "level"


def chain(
    catalogue: Catalogue,
    company: Company,
    permission: Permission,
    levels: Mapping[str, AccessLevel],
    *,
    active: bool = True,
) -> Chain:
    """What a role with these levels may make of one permission."""
    area = catalogue.areas[area_of(permission.key)]
    return Chain(permission, area, levels.get(area.key, AccessLevel.NONE), company.there(area), active)


def chains(
    catalogue: Catalogue, company: Company, levels: Mapping[str, AccessLevel], *, active: bool = True
) -> Iterator[Chain]:
    """The same for every permission of the company's areas, in their order."""
    for area in company.areas(catalogue):
        for permission in area.permissions:
            yield chain(catalogue, company, permission, levels, active=active)
