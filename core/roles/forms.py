"""The grid of roles and areas as a form sends it."""

from collections.abc import Mapping
from uuid import UUID

from core.api.errors import Invalid
from core.api.texts import N_
from core.roles.model import AccessLevel
from core.roles.names import custom_id
from core.roles.service import NewLevels


def new_levels(form: Mapping[str, str]) -> dict[UUID, NewLevels]:
    """The levels of each role of a form with fields "version.ROLE" and "level.ROLE.AREA".

    Raises Invalid for what is no level, or another field, and what custom_id raises.
    """
    versions: dict[UUID, int] = {}
    levels: dict[UUID, dict[str, AccessLevel]] = {}
    for field, value in form.items():
        kind, _, of = field.partition(".")
        key, _, area = of.partition(".")
        if kind == "version":
            versions[custom_id(key)] = int(_digit(field, value))
        elif kind == "level":
            levels.setdefault(custom_id(key), {})[area] = _level(field, value)
        elif field != "csrf":
            raise _wrong(field, value)
    return {role: NewLevels(versions.get(role, 0), found) for role, found in levels.items()}


def _level(field: str, value: str) -> AccessLevel:
    try:
        return AccessLevel(int(_digit(field, value)))
    except ValueError:
        raise _wrong(field, value) from None


def _digit(field: str, value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) < 10):  # what an integer column holds
        raise _wrong(field, value)
    return value


def _wrong(field: str, value: str) -> Invalid:
    return Invalid(N_("“{value}” is no access level."), field=field, value=value)
