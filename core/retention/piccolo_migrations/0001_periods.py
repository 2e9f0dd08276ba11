"""Periods for which a tenant keeps its data."""

from core.api.ddl import tenant_table

ID = "0001_periods"


async def forwards() -> None:
    await tenant_table(
        "retention_period",
        """
        kind text NOT NULL,
        keep integer CHECK (keep > 0),
        version integer NOT NULL DEFAULT 0,
        day date,
        removed jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(removed) = 'object'),
        swept_at timestamptz,
        UNIQUE (tenant_id, kind)
        """,
    )
