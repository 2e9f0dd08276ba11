"""Flows and their versions; a main number points at a version of its own tenant."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0001_flows"


async def forwards() -> None:
    await tenant_table(
        "flow",
        """
        name text NOT NULL CHECK (name <> ''),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, name)
        """,
    )
    await tenant_table(
        "flow_version",
        """
        flow_id uuid NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
        author text NOT NULL DEFAULT '',
        comment text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, flow_id, version)
        """,
    )
    await tenant_fk("flow_version", "flow_id", "flow")
    # A version that answers a main number cannot be removed.
    await tenant_fk("main_number", "flow_version_id", "flow_version", on_delete="NO ACTION")
