"""The fields that a tenant adds to each person (DIR-9): what they are called, hold and show."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Invalid, NotFound
from core.api.texts import N_
from core.data import transaction
from core.directory.model import FieldKind, Option, checked_value

KIND_NAMES = {
    FieldKind.TEXT: N_("Text"),
    FieldKind.NUMBER: N_("Number"),
    FieldKind.CHOICE: N_("Choice"),
    FieldKind.DATE: N_("Date"),
}


class Field(Struct, frozen=True):
    """A custom field. `used`: how many people have a value in it; `retired`: they keep it, though nobody sees it."""

    id: UUID
    title: str
    kind: FieldKind
    options: tuple[Option, ...]
    position: int
    retired: bool
    version: int
    used: int = 0


class Fields(Struct, frozen=True, dict=True):
    """The fields of a tenant, in their order."""

    all: tuple[Field, ...]

    @cached_property
    def shown(self) -> tuple[Field, ...]:
        """Those that are not retired."""
        return tuple(field for field in self.all if not field.retired)

    @cached_property
    def by_id(self) -> dict[str, Field]:
        return {str(field.id): field for field in self.all}

    def title(self, key: UUID | str) -> str:
        """What the field is called; the id of one that is gone."""
        field = self.by_id.get(str(key))
        return field.title if field else str(key)

    def text(self, key: UUID | str, value: str) -> str:
        """A stored value as people read it: of a choice its title."""
        field = self.by_id.get(str(key))
        return next((one.title for one in field.options if one.key == value), value) if field else value

    def checked(self, key: UUID | str, text: str) -> str:
        """A value as it is stored. Raises Invalid, NotFound."""
        field = self.by_id.get(str(key))
        if field is None:
            raise Invalid(N_("There is no custom field {key}."), key=key)
        if field.retired:
            raise Invalid(N_("The field {title} is retired: bring it back first."), title=field.title)
        return checked_value(field.kind, field.options, text)


_FIELDS = """
SELECT f.id, f.title, f.kind, f.options, f.position, f.retired, f.version,
  (SELECT count(*) FROM person p WHERE p.custom ? f.id::text) AS used
FROM custom_field f ORDER BY f.position, lower(f.title)"""
_BARE = _FIELDS.replace("(SELECT count(*) FROM person p WHERE p.custom ? f.id::text)", "0")


async def custom_fields(*, counted: bool = False) -> Fields:
    """The fields of the tenant in force; with `counted` they say how many people use them."""
    async with transaction(read_only=True) as unit:
        return Fields(tuple(_field(row) for row in await unit.fetch(_FIELDS if counted else _BARE)))


async def custom_field(field_id: UUID) -> Field:
    """One field. Raises NotFound."""
    found = (await custom_fields(counted=True)).by_id.get(str(field_id))
    if found is None:
        raise NotFound(N_("There is no such custom field."))
    return found


def _field(row: Mapping[str, Any]) -> Field:
    return msgspec.convert(dict(row) | {"options": msgspec.json.decode(row["options"])}, Field)
