"""The journal of call events, and the tables derived from it; all partitioned by the month of the call."""

from core.api.ddl import enable_rls, month_partitions, sql

ID = "0001_journal"

CALL = "tenant_id uuid NOT NULL, call_id uuid NOT NULL"
BY_MONTH = "PARTITION BY RANGE (call_id)"

# No reference to tenant: calls to numbers that nobody has belong to the platform, and a check on each of
# thousands of events a second would guard what row-level security guards already.
TABLES = {
    "journal_event": """
        seq integer NOT NULL, at timestamptz NOT NULL, type text NOT NULL, data jsonb NOT NULL,
        PRIMARY KEY (tenant_id, call_id, seq)
    """,
    "journal_head": """
        events integer NOT NULL, PRIMARY KEY (tenant_id, call_id)
    """,
    "call": """
        direction text NOT NULL, caller text NOT NULL, caller_name text NOT NULL, dialled text NOT NULL,
        main_number_id uuid, media text NOT NULL, started_at timestamptz NOT NULL, answered_at timestamptz,
        ended_at timestamptz, cause text, sip_code integer NOT NULL, flow_id uuid, flow text NOT NULL,
        flow_version integer NOT NULL, queue_id uuid, queue text NOT NULL,
        waiting_seconds double precision NOT NULL, talk_seconds double precision NOT NULL,
        hold_seconds double precision NOT NULL, duration_seconds double precision NOT NULL,
        talked_with_id uuid, talked_with text NOT NULL, status text NOT NULL, status_target text NOT NULL,
        parts integer NOT NULL, visits integer NOT NULL, vip boolean NOT NULL, callback_requested boolean NOT NULL,
        impossible integer NOT NULL, PRIMARY KEY (tenant_id, call_id)
    """,
    "queue_visit": """
        visit_id uuid NOT NULL, queue_id uuid NOT NULL, queue text NOT NULL, caller text NOT NULL,
        main_number_id uuid, vip boolean NOT NULL, entry text NOT NULL, from_queue_id uuid, from_queue text NOT NULL,
        priority integer NOT NULL, enqueued_at timestamptz NOT NULL, entered_at timestamptz NOT NULL,
        answered_at timestamptz, answered_by uuid, left_at timestamptz, exit text, digit text NOT NULL,
        next_queue_id uuid, next_queue text NOT NULL, outcome text, taken text,
        service_level_seconds integer NOT NULL, within_sla boolean, waiting_seconds double precision NOT NULL,
        talk_seconds double precision NOT NULL, hold_seconds double precision NOT NULL,
        after_call_seconds double precision NOT NULL, offers integer NOT NULL, status text NOT NULL,
        status_target text NOT NULL, PRIMARY KEY (tenant_id, call_id, visit_id)
    """,
    "call_part": """
        part_id uuid NOT NULL, kind text NOT NULL, visit_id uuid, queue_id uuid, leg_id uuid NOT NULL,
        person_id uuid, person text NOT NULL, number text NOT NULL, started_at timestamptz NOT NULL,
        ended_at timestamptz, how text, talk_seconds double precision NOT NULL,
        hold_seconds double precision NOT NULL, after_call_seconds double precision NOT NULL,
        status text NOT NULL, status_target text NOT NULL, PRIMARY KEY (tenant_id, call_id, part_id)
    """,
    "offer": """
        offer_id uuid NOT NULL, visit_id uuid NOT NULL, queue_id uuid NOT NULL, person_id uuid NOT NULL,
        person text NOT NULL, kind text NOT NULL, made_at timestamptz NOT NULL, ended_at timestamptz, outcome text,
        ring_seconds integer NOT NULL, rang_seconds double precision NOT NULL, unanswered boolean NOT NULL,
        PRIMARY KEY (tenant_id, call_id, offer_id)
    """,
    "after_call_work": """
        part_id uuid NOT NULL, queue_id uuid, person_id uuid NOT NULL, planned_seconds integer NOT NULL,
        started_at timestamptz NOT NULL, ended_at timestamptz, real_seconds double precision NOT NULL,
        PRIMARY KEY (tenant_id, call_id, part_id)
    """,
    "agent_session": """
        person_id uuid NOT NULL, person text NOT NULL, queue_id uuid NOT NULL, queue text NOT NULL,
        logged_in_at timestamptz NOT NULL, logged_in_by uuid, logged_out_at timestamptz, logged_out_by uuid,
        impossible integer NOT NULL, PRIMARY KEY (tenant_id, call_id)
    """,
}


async def forwards() -> None:
    for table, columns in TABLES.items():
        await sql(f"CREATE TABLE {table} ({CALL}, {columns}) {BY_MONTH}")
        await enable_rls(table)
        await month_partitions(table)
