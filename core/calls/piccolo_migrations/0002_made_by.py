"""Who makes an outgoing call: her consent decides who sees it (PRF-9)."""

from core.api.ddl import sql

ID = "0002_made_by"


async def forwards() -> None:
    await sql("ALTER TABLE call ADD made_by_id uuid, ADD made_by text NOT NULL DEFAULT ''")
