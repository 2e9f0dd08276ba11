"""Companies that are being erased."""

from core.api.ddl import sql

ID = "0004_erasure"


async def forwards() -> None:
    await sql(
        "ALTER TABLE tenant ADD COLUMN erasing_at timestamptz, "
        "ADD CONSTRAINT tenant_erased_when_suspended CHECK (erasing_at IS NULL OR suspended_at IS NOT NULL)"
    )
