"""Versions of what two administrators may change at once."""

from core.api.ddl import sql

ID = "0003_versions"


async def forwards() -> None:
    await sql(
        "ALTER TABLE main_number ADD COLUMN version integer NOT NULL DEFAULT 1",
        "ALTER TABLE tenant_module ADD COLUMN version integer NOT NULL DEFAULT 1",
        "ALTER TABLE tenant_setting ADD COLUMN version integer NOT NULL DEFAULT 1",
    )
