"""Second factors: one-time codes, and recovery codes for who has lost everything else."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0005_second_factors"


async def forwards() -> None:
    await tenant_table(
        "totp",
        """
        user_id uuid NOT NULL,
        secret bytea NOT NULL,
        last_step bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        confirmed_at timestamptz,
        UNIQUE (tenant_id, user_id)
        """,
    )
    await tenant_fk("totp", "user_id", "user_account")
    await tenant_table("recovery_code", "user_id uuid NOT NULL, digest text NOT NULL, UNIQUE (tenant_id, digest)")
    await tenant_fk("recovery_code", "user_id", "user_account")
