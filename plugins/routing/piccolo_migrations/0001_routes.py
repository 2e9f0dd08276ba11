"""Route lists and their routes."""

from core.api import ddl

ID = "0001_routes"


async def forwards() -> None:
    await ddl.tenant_table(
        "routing_list",
        """
        name text NOT NULL CHECK (name <> ''),
        version integer NOT NULL DEFAULT 1,
        UNIQUE (tenant_id, name)
        """,
    )
    await ddl.tenant_table(
        "routing_route",
        """
        list_id uuid NOT NULL,
        digits text NOT NULL CHECK (digits <> ''),
        prefix boolean NOT NULL DEFAULT false,
        number text NOT NULL DEFAULT '',
        flow_id uuid,
        UNIQUE (tenant_id, list_id, digits, prefix)
        """,
    )
    await ddl.tenant_fk("routing_route", "list_id", "routing_list")
