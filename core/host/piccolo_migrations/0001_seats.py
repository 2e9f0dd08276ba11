"""Named seats of modules."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0001_seats"


async def forwards() -> None:
    await tenant_table(
        "module_seat",
        """
        plugin text NOT NULL,
        user_id uuid NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, plugin, user_id)
        """,
    )
    await tenant_fk("module_seat", "user_id", "user_account")
