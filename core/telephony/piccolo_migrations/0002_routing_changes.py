"""Triggers that tell media processes whose routing has changed, whoever changed it; see docs/adr/0007."""

from core.api.ddl import sql

ID = "0002_routing_changes"

TABLES = ("main_number", "tenant_setting", "queue", "queue_member", "person", "device", "sound")


async def forwards() -> None:
    await sql(
        """
        CREATE FUNCTION notify_routing() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('routing', coalesce(NEW.tenant_id, OLD.tenant_id)::text);
          RETURN NULL;
        END $$
        """,
        *(
            f"CREATE TRIGGER routing_changes AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION notify_routing()"
            for table in TABLES
        ),
        """
        CREATE FUNCTION notify_trunks() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('trunks', '');
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER trunk_changes AFTER INSERT OR UPDATE OR DELETE ON trunk "
        "FOR EACH STATEMENT EXECUTE FUNCTION notify_trunks()",
    )
