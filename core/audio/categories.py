"""Use cases of the categories that a company sorts its sounds by (AUD-11)."""

from uuid import UUID

from core.api.errors import Changed, Invalid
from core.api.texts import N_
from core.audio.errors import CategoryNotFound, NameTaken
from core.audio.model import CategoryInfo
from core.audio.sounds import categories
from core.audit.service import record
from core.data import transaction
from core.data.errors import UniqueViolationError
from core.data.unit import Transaction

LONGEST_NAME = 60


async def category(category_id: UUID) -> CategoryInfo:
    """One of them. Raises CategoryNotFound."""
    found = next((one for one in await categories() if one.id == category_id), None)
    if found is None:
        raise CategoryNotFound
    return found


async def add_category(name: str) -> CategoryInfo:
    """A new category. Raises Invalid, NameTaken."""
    name = _checked(name)
    async with transaction() as unit:
        category_id: UUID = await _unique(
            unit, name, "INSERT INTO sound_category (name) VALUES ($1) RETURNING id", name
        )
        await record("sound_category.created", category_id, name, after={"name": name})
    return CategoryInfo(category_id, name, 1, 0)


async def rename_category(category_id: UUID, name: str, version: int) -> CategoryInfo:
    """Call it something else. Raises CategoryNotFound, Changed, Invalid, NameTaken."""
    async with transaction() as unit:
        before = await _held(unit, category_id, version)
        name = _checked(name)
        sql = "UPDATE sound_category SET name = $1, version = version + 1 WHERE id = $2 RETURNING id"
        await _unique(unit, name, sql, name, category_id)
        await record("sound_category.changed", category_id, name, before={"name": before}, after={"name": name})
        return await category(category_id)


async def remove_category(category_id: UUID, version: int) -> None:
    """Remove it; its sounds stay, in no category. Raises CategoryNotFound, Changed."""
    async with transaction() as unit:
        name = await _held(unit, category_id, version)
        await unit.execute("DELETE FROM sound_category WHERE id = $1", category_id)
        await record("sound_category.removed", category_id, name, before={"name": name})


async def _held(unit: Transaction, category_id: UUID, version: int) -> str:
    row = await unit.fetchrow("SELECT name, version FROM sound_category WHERE id = $1 FOR UPDATE", category_id)
    if row is None:
        raise CategoryNotFound
    if row["version"] != version:
        raise Changed
    name: str = row["name"]
    return name


async def _unique(unit: Transaction, name: str, sql: str, *arguments: object) -> UUID:
    """Run a statement that gives a category its name. Raises NameTaken."""
    try:
        async with unit.savepoint():
            category_id: UUID = await unit.fetchval(sql, *arguments)
    except UniqueViolationError:
        raise NameTaken(name) from None
    return category_id


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid(N_("Give the category a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(N_("The name has at most {most} characters."), field="name", most=LONGEST_NAME)
    return name
