"""The table of trunks; only the system role reaches it."""

from core.api.ddl import SYSTEM_ROLE, sql

ID = "0001_trunks"


async def forwards() -> None:
    await sql(
        """
        CREATE TABLE trunk (
          id uuid PRIMARY KEY DEFAULT uuidv7(),
          name text NOT NULL UNIQUE CHECK (name <> ''),
          host text NOT NULL CHECK (host <> ''),
          port integer NOT NULL DEFAULT 5060 CHECK (port BETWEEN 1 AND 65535),
          mode text NOT NULL DEFAULT 'ip',
          transport text NOT NULL DEFAULT 'udp',
          username text NOT NULL DEFAULT '',
          secret text NOT NULL DEFAULT '',
          number_format text NOT NULL DEFAULT 'e164',
          region text NOT NULL DEFAULT 'NO',
          allowed text[] NOT NULL DEFAULT '{}',
          max_calls integer NOT NULL DEFAULT 100 CHECK (max_calls >= 1),
          priority integer NOT NULL DEFAULT 10
        )
        """,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON trunk TO {SYSTEM_ROLE}",
    )
