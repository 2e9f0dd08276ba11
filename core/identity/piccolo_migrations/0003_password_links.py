"""Links with which a user chooses a password (GEN-6, GEN-7)."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0003_password_links"


async def forwards() -> None:
    await tenant_table(
        "password_link",
        """
        user_id uuid NOT NULL,
        purpose text NOT NULL CHECK (purpose IN ('reset', 'invitation')),
        digest text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
        """,
    )
    await tenant_fk("password_link", "user_id", "user_account")
    await sql("CREATE INDEX password_link_expires ON password_link (expires_at)")
