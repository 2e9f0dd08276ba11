"""What users sign in with: e-mail addresses, user names and numbers (GEN-5)."""

from core.api.ddl import for_each_tenant, sql, tenant_fk, tenant_table

ID = "0002_identifiers"


async def forwards() -> None:
    await sql(
        "ALTER TABLE user_account DROP CONSTRAINT user_account_email_check",
        "ALTER TABLE user_account ADD CONSTRAINT user_account_email_check CHECK (email = '' OR email LIKE '%_@_%')",
        "DROP INDEX user_account_email",
        "DROP INDEX user_account_sign_in",
        "CREATE UNIQUE INDEX user_account_email ON user_account (tenant_id, lower(email)) WHERE email <> ''",
    )
    await tenant_table(
        "user_identifier",
        """
        user_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('email', 'name', 'number')),
        value text NOT NULL CHECK (value <> ''),
        national text NOT NULL DEFAULT '',
        verified_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, kind, value)
        """,
    )
    await tenant_fk("user_identifier", "user_id", "user_account")
    await sql(
        "CREATE INDEX user_identifier_value ON user_identifier (value)",
        "CREATE INDEX user_identifier_national ON user_identifier (national) WHERE national <> ''",
    )
    await for_each_tenant(
        "INSERT INTO user_identifier (user_id, kind, value) SELECT id, 'email', lower(email) FROM user_account"
    )
