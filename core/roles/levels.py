"""The levels of custom roles, as they are stored."""

from collections.abc import Mapping
from uuid import UUID

from core.data import transaction
from core.roles.model import AccessLevel
from core.roles.tables import RoleLevel

_LEVELS = """
    SELECT role.id, held.area, held.level
      FROM role LEFT JOIN role_level held ON held.tenant_id = role.tenant_id AND held.role_id = role.id"""


async def custom_levels() -> dict[str, dict[str, AccessLevel]]:
    """Key of each custom role of the tenant in force → area → level above none."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_LEVELS)
    found: dict[str, dict[str, AccessLevel]] = {str(row["id"]): {} for row in rows}
    for row in rows:
        if row["area"] is not None:
            found[str(row["id"])][row["area"]] = AccessLevel(row["level"])
    return found


async def write_levels(role_id: UUID, levels: Mapping[str, AccessLevel]) -> None:
    """Keep the levels of a role in these areas; those in others stay."""
    await RoleLevel.delete().where(RoleLevel.role_id == role_id, RoleLevel.area.is_in(list(levels)))
    rows = [RoleLevel(role_id=role_id, area=area, level=int(level)) for area, level in levels.items() if level]
    if rows:
        await RoleLevel.insert(*rows)
