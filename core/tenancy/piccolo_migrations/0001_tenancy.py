"""Tenants, main numbers, modules and settings."""

from core.api.ddl import APP_ROLE, SYSTEM_ROLE, THIS_TENANT, sql, tenant_table

ID = "0001_tenancy"


async def forwards() -> None:
    await sql(
        """
        CREATE TABLE tenant (
          id uuid PRIMARY KEY DEFAULT uuidv7(),
          slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
          name text NOT NULL CHECK (name <> ''),
          timezone text NOT NULL,
          language text NOT NULL,
          created_at timestamptz NOT NULL DEFAULT now()
        )
        """,
        # The app role reads its own tenant and changes nothing; creating tenants is the platform's work.
        "ALTER TABLE tenant ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY own_tenant ON tenant FOR SELECT TO {APP_ROLE} USING (id = {THIS_TENANT})",
        f"GRANT SELECT ON tenant TO {APP_ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON tenant TO {SYSTEM_ROLE}",
    )
    await tenant_table(
        "main_number",
        """
        number text NOT NULL UNIQUE CHECK (number ~ '^\\+[1-9][0-9]{1,14}$'),
        label text NOT NULL DEFAULT '',
        flow_version_id uuid,
        published_at timestamptz
        """,
    )
    await tenant_table(
        "tenant_module",
        """
        plugin text NOT NULL,
        entitled boolean NOT NULL DEFAULT false,
        enabled boolean NOT NULL DEFAULT false,
        seats integer CHECK (seats >= 0),
        UNIQUE (tenant_id, plugin)
        """,
    )
    await tenant_table(
        "tenant_setting",
        """
        plugin text NOT NULL,
        value jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(value) = 'object'),
        UNIQUE (tenant_id, plugin)
        """,
    )
