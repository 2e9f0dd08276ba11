"""Where flows play a sound: asked before it is removed."""

from uuid import UUID

from core.audio.model import SoundUse
from core.data import transaction

_FLOWS = """
    SELECT f.id, f.name, array_agg(v.version ORDER BY v.version) AS versions
      FROM flow f JOIN flow_version v ON (v.tenant_id, v.flow_id) = (f.tenant_id, f.id)
     WHERE jsonb_path_exists(v.document, '$.nodes[*].settings.** ? (@ == $id)', jsonb_build_object('id', $1::text))
       AND (v.version = (SELECT max(version) FROM flow_version WHERE flow_id = f.id)
            OR EXISTS (SELECT FROM main_number n WHERE n.flow_version_id = v.id))
     GROUP BY f.id, f.name ORDER BY f.name"""
"""Flows of which the newest version, or one that answers a number, has an id anywhere in the settings of a node."""


async def sound_uses(sound_id: UUID) -> list[SoundUse]:
    """Where a sound of the library is played."""
    async with transaction(read_only=True) as unit:
        rows = await unit.fetch(_FLOWS, str(sound_id))
    return [SoundUse("flow", row["name"], row["id"], tuple(row["versions"])) for row in rows]
