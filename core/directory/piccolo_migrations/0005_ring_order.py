"""How a person's devices ring: all at once, or one after the other; and what she calls each of them (PRF-5)."""

from core.api.ddl import sql

ID = "0005_ring_order"


async def forwards() -> None:
    await sql(
        "ALTER TABLE person ADD ring_in_order boolean NOT NULL DEFAULT false",
        """
        ALTER TABLE device
          ADD name text NOT NULL DEFAULT '',
          ADD ring_seconds integer NOT NULL DEFAULT 15 CHECK (ring_seconds BETWEEN 5 AND 120)
        """,
    )
