"""VIP lists and the numbers on them."""

from core.api import ddl

ID = "0001_lists"


async def forwards() -> None:
    await ddl.tenant_table(
        "vip_list",
        """
        name text NOT NULL CHECK (name <> ''),
        blocks boolean NOT NULL DEFAULT false,
        withheld boolean NOT NULL DEFAULT false,
        service_level_seconds integer CHECK (service_level_seconds > 0),
        version integer NOT NULL DEFAULT 1,
        UNIQUE (tenant_id, name)
        """,
    )
    await ddl.tenant_table(
        "vip_number",
        """
        list_id uuid NOT NULL,
        number text NOT NULL CHECK (number <> ''),
        prefix boolean NOT NULL DEFAULT false,
        comment text NOT NULL DEFAULT '',
        UNIQUE (tenant_id, list_id, number, prefix)
        """,
    )
    await ddl.tenant_fk("vip_number", "list_id", "vip_list")
