"""How each user likes her screens (PRF-12)."""

from core.api.ddl import sql

ID = "0008_preferences"


async def forwards() -> None:
    await sql(
        "ALTER TABLE user_account ADD preferences jsonb NOT NULL DEFAULT '{}' "
        "CHECK (jsonb_typeof(preferences) = 'object')"
    )
