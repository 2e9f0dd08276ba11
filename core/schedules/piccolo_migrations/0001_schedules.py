"""Opening hours."""

from core.api.ddl import sql, tenant_table

ID = "0001_schedules"


async def forwards() -> None:
    await tenant_table(
        "schedule",
        """
        name text NOT NULL CHECK (name <> ''),
        document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
        version integer NOT NULL DEFAULT 1,
        changed_at timestamptz NOT NULL DEFAULT now()
        """,
    )
    await sql("CREATE UNIQUE INDEX schedule_name ON schedule (tenant_id, lower(name))")
