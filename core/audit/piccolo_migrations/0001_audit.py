"""The audit trail: appended to and read, never changed."""

from core.api.ddl import APP_ROLE, SYSTEM_ROLE, sql, tenant_table

ID = "0001_audit"


async def forwards() -> None:
    await tenant_table(
        "audit_entry",
        """
        at timestamptz NOT NULL DEFAULT now(),
        action text NOT NULL CHECK (action ~ '^[a-z_]+(\\.[a-z_]+)+$'),
        subject_id text NOT NULL DEFAULT '',
        subject text NOT NULL DEFAULT '',
        before jsonb NOT NULL DEFAULT '{}',
        after jsonb NOT NULL DEFAULT '{}',
        actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'token', 'platform', 'command', 'system')),
        actor_id uuid,
        actor text NOT NULL DEFAULT '',
        address text NOT NULL DEFAULT '',
        request text NOT NULL DEFAULT ''
        """,
    )
    await sql(
        f"REVOKE UPDATE, DELETE ON audit_entry FROM {APP_ROLE}",
        f"REVOKE UPDATE ON audit_entry FROM {SYSTEM_ROLE}",  # it may delete: entries have a retention
        "CREATE INDEX audit_entry_subject ON audit_entry (tenant_id, subject_id, id)",
        "CREATE INDEX audit_entry_actor ON audit_entry (tenant_id, actor_id, id)",
    )
