"""Adding, changing, ordering, retiring and removing custom fields (DIR-9). No value is ever lost silently."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.api.errors import Changed, InUse, Invalid, NotFound, Problems, Refused, Taken
from core.api.ids import uuid7
from core.api.texts import N_
from core.audit.service import record
from core.data import Transaction, current_tenant, transaction
from core.data.errors import UniqueViolationError
from core.directory.custom_fields import Field, Fields, custom_field, custom_fields
from core.directory.model import LONGEST_TAG, FieldKind, Option, checked_text, checked_value

MOST_FIELDS = 100
MOST_OPTIONS = 500


class FieldChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field as it is to be. Of `options`, one whose key is known keeps its values under a new title.

    `retired`: nobody sees it or is found by it; the values that people have in it wait until it is brought back.
    """

    title: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    retired: bool = False

    @classmethod
    def of(cls, field: Field) -> "FieldChange":
        """The field as it is."""
        return cls(title=field.title, kind=field.kind, options=field.options, retired=field.retired)


async def add_field(wanted: FieldChange) -> Field:
    """A new field, the last one. Raises Invalid, Taken."""
    row = _checked(wanted)
    async with transaction() as unit:
        fields = await _all_locked(unit)
        if len(fields.all) >= MOST_FIELDS:
            raise Invalid(N_("There are {most} custom fields already: remove one first."), most=MOST_FIELDS)
        field_id = uuid7()
        await _store(
            unit,
            "INSERT INTO custom_field (id, title, kind, options, retired, position) VALUES ($1, $2, $3, $4, $5, $6)",
            field_id,
            row,
            max((one.position for one in fields.all), default=-1) + 1,
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
        sql = "UPDATE custom_field SET title = $2, kind = $3, options = $4, retired = $5, version = version + 1"
        await _store(unit, f"{sql} WHERE id = $1", field_id, row)
        # Also those whose value stays: what they are found by has changed when an option has a new title.
        await unit.executemany(
            "UPDATE person SET custom = custom || jsonb_build_object($2::text, $3::text) WHERE id = $1",
            [(person, str(field_id), value) for person, value in refitted],
        )
        if before.retired != row.retired:
            await unit.execute("UPDATE person SET search = '' WHERE custom ? $1::text", str(field_id))
        after = await custom_field(field_id)
        await record("custom_field.changed", after.id, after.title, before=_snapshot(before), after=_snapshot(after))
    return after


async def order_fields(wanted: Sequence[UUID]) -> Fields:
    """Put the fields into this order. Raises NotFound for one that is not there, Invalid unless all are there once."""
    if len(set(wanted)) < len(wanted):
        raise Invalid(N_("A field is there twice."), field="ids")
    async with transaction() as unit:
        before = await _all_locked(unit)
        known = {one.id for one in before.all}
        if not known.issuperset(wanted):
            raise NotFound(N_("There is no such custom field."))
        if len(known) > len(wanted):
            raise Invalid(N_("There are more fields than these: load the list again."), field="ids")
        await unit.executemany(
            "UPDATE custom_field SET position = $2 WHERE id = $1", [(one, place) for place, one in enumerate(wanted)]
        )
        after = await custom_fields(counted=True)
        old, new = (", ".join(one.title for one in fields.all) for fields in (before, after))
        await record("custom_field.ordered", before={"order": old}, after={"order": new})
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


async def _locked(unit: Transaction, field_id: UUID, version: int | None) -> Field:
    await unit.execute("SELECT 1 FROM custom_field WHERE id = $1 FOR UPDATE", field_id)
    found = await custom_field(field_id)
    if version is not None and found.version != version:
        raise Changed
    return found


async def _all_locked(unit: Transaction) -> Fields:
    """Every field; nobody else adds or orders any until the end of the transaction."""
    await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended('fields of ' || $1, 0))", str(current_tenant()))
    return await custom_fields()


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
    retired: bool


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
    return _Row(title, wanted.kind, options, wanted.retired)


def _options(wanted: Sequence[Option]) -> tuple[Option, ...]:
    """The options of a choice, without empty ones; new ones get a key. Raises Invalid for none, or one twice."""
    found: dict[str, Option] = {}
    for option in wanted:
        title = checked_text(option.title, most=LONGEST_TAG)
        if not title:
            continue
        if title.casefold() in found:
            raise Invalid(N_("{title} is there twice."), title=title)
        found[title.casefold()] = Option(checked_text(option.key, most=LONGEST_TAG) or uuid7().hex, title)
    if not found:
        raise Invalid(N_("Give the choice at least one option."))
    if len(found) > MOST_OPTIONS:
        raise Invalid(N_("At most {most} options, please."), most=MOST_OPTIONS)
    if len({option.key for option in found.values()}) < len(found):
        raise Invalid(N_("Two options have the same key."))
    return tuple(found.values())


async def _store(unit: Transaction, sql: str, field_id: UUID, row: _Row, *more: Any) -> None:
    options = msgspec.json.encode(row.options).decode()
    try:
        async with unit.savepoint():
            await unit.execute(sql, field_id, row.title, row.kind.value, options, row.retired, *more)
    except UniqueViolationError:
        raise Taken(N_("There is a field {title} already."), field="title", title=row.title) from None


def _snapshot(field: Field) -> dict[str, Any]:
    return {
        "title": field.title,
        "kind": field.kind,
        "options": ", ".join(option.title for option in field.options),
        "retired": field.retired,
        "used": field.used,
    }
