"""The version of a flow as a whole, for two who change it at once."""

from core.api.ddl import sql

ID = "0002_flow_versions"


async def forwards() -> None:
    await sql("ALTER TABLE flow ADD COLUMN edition integer NOT NULL DEFAULT 1")
