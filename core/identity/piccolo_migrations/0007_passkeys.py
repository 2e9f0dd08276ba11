"""Passkeys."""

from core.api.ddl import sql, tenant_fk, tenant_table

ID = "0007_passkeys"


async def forwards() -> None:
    await tenant_table(
        "passkey",
        """
        user_id uuid NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        credential_id bytea NOT NULL UNIQUE,
        public_key bytea NOT NULL,
        sign_count bigint NOT NULL,
        transports text[] NOT NULL DEFAULT '{}',
        synced boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        version integer NOT NULL DEFAULT 1
        """,
    )
    await tenant_fk("passkey", "user_id", "user_account")
    await sql("CREATE INDEX passkey_user ON passkey (tenant_id, user_id)")
