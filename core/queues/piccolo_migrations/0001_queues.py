"""Queues and who is a member of them."""

from core.api.ddl import tenant_fk, tenant_table

ID = "0001_queues"


async def forwards() -> None:
    await tenant_table(
        "queue",
        """
        name text NOT NULL CHECK (name <> ''),
        service_level_seconds integer NOT NULL DEFAULT 30 CHECK (service_level_seconds > 0),
        acw_seconds integer NOT NULL DEFAULT 0 CHECK (acw_seconds BETWEEN 0 AND 3600),
        acw_prolong boolean NOT NULL DEFAULT false,
        hidden boolean NOT NULL DEFAULT false,
        no_history boolean NOT NULL DEFAULT false,
        lost_to_callback boolean NOT NULL DEFAULT false,
        UNIQUE (tenant_id, name)
        """,
    )
    await tenant_table(
        "queue_member",
        """
        queue_id uuid NOT NULL,
        person_id uuid NOT NULL,
        priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 99),
        logged_in boolean NOT NULL DEFAULT false,
        session_id uuid,
        UNIQUE (tenant_id, queue_id, person_id)
        """,
    )
    await tenant_fk("queue_member", "queue_id", "queue")
    await tenant_fk("queue_member", "person_id", "person")
