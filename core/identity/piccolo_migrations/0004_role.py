"""A user's role: one of the system's, or one that the company has made."""

from core.api.ddl import for_each_tenant, sql

ID = "0004_role"


async def forwards() -> None:
    await sql(
        "ALTER TABLE user_account RENAME COLUMN role TO system_role",
        "ALTER TABLE user_account ADD COLUMN custom_role_id uuid",
    )
    await for_each_tenant(
        "UPDATE user_account SET system_role = 'user' WHERE system_role NOT IN ('administrator', 'team_leader', 'user')"
    )
    await sql(
        "ALTER TABLE user_account ADD CONSTRAINT user_account_system_role "
        "CHECK (system_role IN ('administrator', 'team_leader', 'user'))",
        # ROL-4: exactly one role, and what is left when a custom one is deleted is the system role User.
        "ALTER TABLE user_account ADD CONSTRAINT user_account_one_role "
        "CHECK (custom_role_id IS NULL OR system_role = 'user')",
    )
