"""Many users at once: batches that are looked at first, carried out and undone."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0004_batches"


async def forwards() -> None:
    await tenant_table(
        "user_batch",
        """
        kind text NOT NULL CHECK (kind IN ('change', 'import', 'undo')),
        act jsonb,
        file text NOT NULL DEFAULT '',
        source bytea CHECK (length(source) <= 16777216),
        choices jsonb NOT NULL DEFAULT '{}',
        state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'running', 'done')),
        author jsonb NOT NULL,
        undo_of uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, undo_of)
        """,
    )
    await tenant_table(
        "user_batch_item",
        """
        batch_id uuid NOT NULL,
        place integer NOT NULL,
        person_id uuid,
        label text NOT NULL DEFAULT '',
        act jsonb NOT NULL,
        expected text NOT NULL,
        outcome text NOT NULL DEFAULT '',
        why jsonb NOT NULL DEFAULT '[]',
        steps jsonb NOT NULL DEFAULT '[]',
        undo jsonb,
        UNIQUE (tenant_id, batch_id, place)
        """,
    )
    await tenant_fk("user_batch_item", "batch_id", "user_batch")
    await sql(
        "CREATE INDEX user_batch_item_left ON user_batch_item (tenant_id, batch_id, place) WHERE outcome = ''",
    )
