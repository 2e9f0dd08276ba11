"""Roles that companies make, and what each may do."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0001_roles"


async def forwards() -> None:
    await tenant_table(
        "role",
        """
        name text NOT NULL CHECK (name = btrim(name) AND name <> ''),
        version integer NOT NULL DEFAULT 1,
        copied_from text NOT NULL
        """,
    )
    await tenant_table(
        "role_level",
        """
        role_id uuid NOT NULL,
        area text NOT NULL,
        level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
        UNIQUE (tenant_id, role_id, area)
        """,
    )
    await tenant_fk("role_level", "role_id", "role")
    # ROL-4: the same statement that deletes a role takes it from its members; no assignment can slip in between.
    await tenant_fk("user_account", "custom_role_id", "role", on_delete="SET NULL")
    await sql("CREATE UNIQUE INDEX role_name ON role (tenant_id, lower(name))")
