"""The fields that a tenant adds to each person (DIR-9): their definitions. No value is ever lost silently."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Changed, InUse, Invalid, NotFound, Problems, Refused, Taken
from core.api.ids import uuid7
from core.api.texts import N_
from core.audit.service import record
from core.data import Transaction, transaction
from core.data.errors import UniqueViolationError
from core.directory.model import LONGEST_TAG, FieldKind, Option, checked_text, checked_value

KIND_NAMES = {
    FieldKind.TEXT: N_("Text"),
    FieldKind.NUMBER: N_("Number"),
    FieldKind.CHOICE: N_("Choice"),
    FieldKind.DATE: N_("Date"),
}


class Field(Struct, frozen=True):
    """A custom field. `used`: how many people have a value in it."""

    id: UUID
    title: str
    kind: FieldKind
    options: tuple[Option, ...]
    position: int
    version: int
    used: int = 0


class Fields(Struct, frozen=True, dict=True):
    """The fields of a tenant, in their order."""

    all: tuple[Field, ...]

    @cached_property
    def by_id(self) -> dict[str, Field]:
        return {str(field.id): field for field in self.all}

    def title(self, key: UUID | str) -> str:
        """What the field is called; the id of one that is gone."""
        field = self.by_id.get(str(key))
        return field.title if field else str(key)

    def shown(self, key: UUID | str, value: str) -> str:
        """A stored value as people read it: of a choice its title."""
        field = self.by_id.get(str(key))
        return next((one.title for one in field.options if one.key == value), value) if field else value

    def checked(self, key: UUID | str, text: str) -> str:
        """A value as it is stored. Raises Invalid, NotFound."""
        field = self.by_id.get(str(key))
        if field is None:
            raise Invalid(N_("There is no custom field {key}."), key=key)
        return checked_value(field.kind, field.options, text)


class FieldChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field as it is to be. Of `options`, one whose key is known keeps its values under a new title."""

    title: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    position: int = 0


_FIELDS = """
SELECT f.id, f.title, f.kind, f.options, f.position, f.version,
  (SELECT count(*) FROM person p WHERE p.custom ? f.id::text) AS used
FROM custom_field f ORDER BY f.position, lower(f.title)"""
_BARE = _FIELDS.replace("(SELECT count(*) FROM person p WHERE p.custom ? f.id::text)", "0")


async def custom_fields(*, counted: bool = False) -> Fields:
    """The fields of the tenant in force; with `counted` they say how many people use them."""
    async with transaction(read_only=True) as unit:
        return await _read(unit, counted=counted)


async def custom_field(field_id: UUID) -> Field:
    """One field. Raises NotFound."""
    found = (await custom_fields(counted=True)).by_id.get(str(field_id))
    if found is None:
        raise NotFound(N_("There is no such custom field."))
    return found


async def add_field(wanted: FieldChange) -> Field:
    """A new field. Raises Invalid, Taken."""
    row = _checked(wanted)
    async with transaction() as unit:
        field_id = uuid7()
        await _store(
            unit,
            "INSERT INTO custom_field (id, title, kind, options, position) VALUES ($1, $2, $3, $4, $5)",
            field_id,
            row,
        )
        made = await custom_field(field_id)
        await record("custom_field.added", made.id, made.title, after=_snapshot(made))
    return made


async def change_field(field_id: UUID, wanted: FieldChange, *, version: int | None = None) -> Field:
    """Change a field. A value that would not fit any more stops it: InUse says how many there are and gives one.

    Raises NotFound, Changed, Invalid, Taken, InUse.
    """
    row = _checked(wanted)
    async with transaction() as unit:
        before = await _locked(unit, field_id, version)
        refitted = await _refitted(unit, before, row)
        sql = "UPDATE custom_field SET title = $2, kind = $3, options = $4, position = $5, version = version + 1"
        await _store(unit, f"{sql} WHERE id = $1", field_id, row)
        # Also those whose value stays: what they are found by has changed when an option has a new title.
        await unit.executemany(
            "UPDATE person SET custom = custom || jsonb_build_object($2::text, $3::text) WHERE id = $1",
            [(person, str(field_id), value) for person, value in refitted],
        )
        after = await custom_field(field_id)
        await record("custom_field.changed", after.id, after.title, before=_snapshot(before), after=_snapshot(after))
    return after


async def remove_field(field_id: UUID, *, used: int, version: int | None = None) -> None:
    """Remove a field with all values in it. `used`: how many people have one, as was shown to who confirmed it.

    Raises NotFound, Changed, InUse when there are more than were shown.
    """
    async with transaction() as unit:
        before = await _locked(unit, field_id, version)
        if before.used > used:
            raise InUse(
                N_("{count} people have a value in {title} now: confirm that all of them go."),
                count=before.used,
                title=before.title,
            )
        await unit.execute("UPDATE person SET custom = custom - $1::text WHERE custom ? $1::text", str(field_id))
        await unit.execute("DELETE FROM custom_field WHERE id = $1", field_id)
        await record("custom_field.removed", before.id, before.title, before=_snapshot(before))


async def _read(unit: Transaction, *, counted: bool) -> Fields:
    rows = await unit.fetch(_FIELDS if counted else _BARE)
    return Fields(tuple(_field(row) for row in rows))


async def _locked(unit: Transaction, field_id: UUID, version: int | None) -> Field:
    await unit.execute("SELECT 1 FROM custom_field WHERE id = $1 FOR UPDATE", field_id)
    found = await custom_field(field_id)
    if version is not None and found.version != version:
        raise Changed
    return found


async def _refitted(unit: Transaction, before: Field, row: "_Row") -> list[tuple[UUID, str]]:
    """Person → the value that she has in the field, in its new form. Raises InUse when one does not fit."""
    key = str(before.id)
    held = await unit.fetch(
        "SELECT id, custom ->> $1 AS value FROM person WHERE custom ? $1 ORDER BY sort FOR UPDATE", key
    )
    if (before.kind, before.options) == (row.kind, row.options):
        return []
    titles = {one.key: one.title for one in before.options}
    found, misfits = [], []
    for person in held:
        value = person["value"]
        text = value if row.kind is before.kind else titles.get(value, value)
        try:
            found.append((person["id"], checked_value(row.kind, row.options, text)))
        except Refused:
            misfits.append(titles.get(value, value))
    if misfits:
        raise InUse(
            N_("{count} people have a value that would not fit any more, for example {value}: change theirs first."),
            field="options" if row.kind is FieldKind.CHOICE else "kind",
            count=len(misfits),
            value=misfits[0],
        )
    return found


class _Row(Struct, frozen=True):
    """A field as it is stored."""

    title: str
    kind: FieldKind
    options: tuple[Option, ...]
    position: int


def _checked(wanted: FieldChange) -> _Row:
    problems = Problems()
    title, options = "", tuple[Option, ...]()
    with problems.of("title"):
        title = checked_text(wanted.title, most=LONGEST_TAG)
        if not title:
            raise Invalid(N_("Give the field a title."))
    with problems.of("options"):
        options = _options(wanted.options) if wanted.kind is FieldKind.CHOICE else ()
    problems.check()
    return _Row(title, wanted.kind, options, max(0, min(wanted.position, 10_000)))


def _options(wanted: Sequence[Option]) -> tuple[Option, ...]:
    """The options of a choice, without empty ones; new ones get a key. Raises Invalid for none, or one twice."""
    found: dict[str, Option] = {}
    for option in wanted:
        title = checked_text(option.title, most=LONGEST_TAG)
        if not title:
            continue
        if title.casefold() in found:
            raise Invalid(N_("{title} is there twice."), title=title)
        found[title.casefold()] = Option(option.key or uuid7().hex, title)
    if not found:
        raise Invalid(N_("Give the choice at least one option."))
    if len({option.key for option in found.values()}) < len(found):
        raise Invalid(N_("Two options have the same key."))
    return tuple(found.values())


async def _store(unit: Transaction, sql: str, field_id: UUID, row: _Row) -> None:
    options = msgspec.json.encode(row.options).decode()
    try:
        async with unit.savepoint():
            await unit.execute(sql, field_id, row.title, row.kind.value, options, row.position)
    except UniqueViolationError:
        raise Taken(N_("There is a field {title} already."), field="title", title=row.title) from None


def _field(row: Mapping[str, Any]) -> Field:
    return msgspec.convert(dict(row) | {"options": msgspec.json.decode(row["options"])}, Field)


def _snapshot(field: Field) -> dict[str, Any]:
    return {
        "title": field.title,
        "kind": field.kind,
        "options": ", ".join(option.title for option in field.options),
        "used": field.used,
    }
