"""User accounts."""

from core.api.ddl import sql, tenant_table

ID = "0001_users"


async def forwards() -> None:
    await tenant_table(
        "user_account",
        """
        email text NOT NULL CHECK (email LIKE '%_@_%'),
        name text NOT NULL,
        password_hash text,
        role text NOT NULL,
        language text NOT NULL,
        active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        person_id uuid
        """,
    )
    await sql(
        "CREATE UNIQUE INDEX user_account_email ON user_account (tenant_id, lower(email))",
        "CREATE INDEX user_account_sign_in ON user_account (lower(email))",
    )
