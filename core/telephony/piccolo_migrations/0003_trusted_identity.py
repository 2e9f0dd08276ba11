"""Which trunks' P-Asserted-Identity is believed: none, unless somebody says so."""

from core.api.ddl import sql

ID = "0003_trusted_identity"


async def forwards() -> None:
    await sql("ALTER TABLE trunk ADD COLUMN trusts_identity boolean NOT NULL DEFAULT false")
