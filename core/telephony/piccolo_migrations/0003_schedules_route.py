"""Opening hours are part of what routing is made from; see docs/adr/0007."""

from core.api.ddl import sql

ID = "0003_schedules_route"


async def forwards() -> None:
    await sql(
        "CREATE TRIGGER routing_changes AFTER INSERT OR UPDATE OR DELETE ON schedule "
        "FOR EACH ROW EXECUTE FUNCTION notify_routing()"
    )
