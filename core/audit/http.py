"""The audit trail of the signed-in user's tenant: REST API."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromQuery

from core.api.rest import PAGE, After, Limit, Page, read_id
from core.audit.schemas import AuditEntryOut
from core.audit.service import AuditFilter, entries


class AuditTrail(Controller):
    """Who changed what. Nothing can be changed here."""

    path = "/api/v1/audit"
    tags = ("Audit trail",)
    opt = {"permission": "audit.view"}  # noqa: RUF012  (Litestar's way to declare it)

    @get(summary="Entries of the audit trail, newest first")
    async def list(
        self,
        action: FromQuery[str] = "",
        actor: FromQuery[UUID | None] = None,
        subject: FromQuery[str] = "",
        since: FromQuery[datetime | None] = None,
        until: FromQuery[datetime | None] = None,
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[AuditEntryOut]:
        """A page of entries. `action`: one, or with a dot at its end all that begin so; `actor` and `subject`: ids."""
        chosen = AuditFilter(action, actor, subject, since, until)
        return (await entries(chosen, before=read_id(after), limit=limit)).map(AuditEntryOut.of)
