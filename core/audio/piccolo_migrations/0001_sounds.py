"""The sound library."""

from core.api.ddl import tenant_table

ID = "0001_sounds"


async def forwards() -> None:
    await tenant_table(
        "sound",
        """
        name text NOT NULL CHECK (name <> ''),
        language text NOT NULL DEFAULT '',
        kind text NOT NULL CHECK (kind IN ('text', 'file')),
        text text NOT NULL DEFAULT '',
        voice text NOT NULL DEFAULT '',
        content bytea,
        content_hash text NOT NULL DEFAULT '',
        changed_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((kind = 'text') = (text <> '')),
        CHECK ((kind = 'file') = (content IS NOT NULL))
        """,
    )
