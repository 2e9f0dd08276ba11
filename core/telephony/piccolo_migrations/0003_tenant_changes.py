"""Media processes hear of a tenant that is suspended, resumed, changed or erased; see docs/adr/0007."""

from core.api.ddl import sql

ID = "0003_tenant_changes"


async def forwards() -> None:
    await sql(
        """
        CREATE FUNCTION notify_tenant_routing() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('routing', OLD.id::text);
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER routing_changes AFTER UPDATE OR DELETE ON tenant "
        "FOR EACH ROW EXECUTE FUNCTION notify_tenant_routing()",
    )
