"""People, their devices, and the user's link to her entry."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0001_people"


async def forwards() -> None:
    await tenant_table(
        "person",
        """
        first_name text NOT NULL,
        last_name text NOT NULL DEFAULT '',
        department text NOT NULL DEFAULT '',
        position text NOT NULL DEFAULT '',
        extension text CHECK (extension ~ '^[0-9]{1,8}$'),
        presentation_number text CHECK (presentation_number ~ '^\\+[1-9][0-9]{1,14}$'),
        CHECK (first_name <> '' OR last_name <> ''),
        UNIQUE (tenant_id, extension)
        """,
    )
    await tenant_table(
        "device",
        """
        person_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('number', 'sip')),
        address text NOT NULL CHECK (CASE kind WHEN 'number' THEN address ~ '^\\+[1-9][0-9]{1,14}$'
                                     ELSE address ~ '^sips?:[^ ]+$' END),
        position integer NOT NULL DEFAULT 0,
        enabled boolean NOT NULL DEFAULT true
        """,
    )
    await tenant_fk("device", "person_id", "person")
    await tenant_fk("user_account", "person_id", "person", on_delete="SET NULL")
