"""The inventory of numbers: those that the operator has and may give to companies. Only the system role reaches it."""

from core.api.ddl import SYSTEM_ROLE, for_each_tenant, sql

ID = "0001_numbers"


async def forwards() -> None:
    await sql(
        """
        CREATE TABLE platform_number (
          number text PRIMARY KEY CHECK (number ~ '^\\+[1-9][0-9]{1,14}$'),
          note text NOT NULL DEFAULT '',
          entered_at timestamptz NOT NULL DEFAULT now()
        )
        """,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON platform_number TO {SYSTEM_ROLE}",
    )
    await for_each_tenant("INSERT INTO platform_number (number) SELECT number FROM main_number")
    await sql(
        # The check of the rows that are there runs as the owner: it has to see those of every tenant.
        "ALTER TABLE main_number NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE main_number ADD CONSTRAINT main_number_of_inventory "
        "FOREIGN KEY (number) REFERENCES platform_number (number)",
        "ALTER TABLE main_number FORCE ROW LEVEL SECURITY",
    )
