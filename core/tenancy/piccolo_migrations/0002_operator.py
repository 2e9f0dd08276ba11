"""The operator's own tenant, and tenants that are changed and suspended by it (docs/adr/0013)."""

from core.api.ddl import sql

ID = "0002_operator"


async def forwards() -> None:
    await sql(
        "ALTER TABLE tenant ADD COLUMN operator boolean NOT NULL DEFAULT false, "
        "ADD COLUMN suspended_at timestamptz, ADD COLUMN version integer NOT NULL DEFAULT 1, "
        "ADD CONSTRAINT tenant_operator_works CHECK (NOT operator OR suspended_at IS NULL)",
        "CREATE UNIQUE INDEX tenant_operator ON tenant (operator) WHERE operator",
    )
