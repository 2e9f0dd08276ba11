"""API tokens."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0006_api_tokens"


async def forwards() -> None:
    await tenant_table(
        "api_token",
        """
        user_id uuid NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        digest text NOT NULL UNIQUE,
        hint text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        last_used_at timestamptz
        """,
    )
    await tenant_fk("api_token", "user_id", "user_account")
