"""Exports and the pieces of their archives."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0001_exports"


async def forwards() -> None:
    await tenant_table(
        "data_export",
        """
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
        asked_at timestamptz NOT NULL DEFAULT now(),
        asked_by text NOT NULL,
        beat_at timestamptz,
        tries integer NOT NULL DEFAULT 0,
        done integer NOT NULL DEFAULT 0,
        total integer NOT NULL DEFAULT 0,
        rows bigint NOT NULL DEFAULT 0,
        size bigint NOT NULL DEFAULT 0,
        finished_at timestamptz,
        expires_at timestamptz
        """,
    )
    # One at a time: of two who ask at once, one is told so.
    await sql(
        "CREATE UNIQUE INDEX data_export_pending ON data_export (tenant_id) WHERE state IN ('waiting', 'running')"
    )
    await tenant_table(
        "data_export_part",
        """
        export_id uuid NOT NULL,
        position integer NOT NULL,
        content bytea NOT NULL,
        UNIQUE (tenant_id, export_id, position)
        """,
    )
    await tenant_fk("data_export_part", "export_id", "data_export")
    await sql("ALTER TABLE data_export_part ALTER COLUMN content SET STORAGE EXTERNAL")  # it is compressed already
