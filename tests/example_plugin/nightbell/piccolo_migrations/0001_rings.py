"""The table of rings."""

from core.api import ddl

ID = "0001_rings"


async def forwards() -> None:
    await ddl.tenant_table(
        "nightbell_ring",
        """
        call_id uuid,
        caller text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        answered boolean NOT NULL DEFAULT false
        """,
    )
