"""The audit trail as the REST API shows it. Times are UTC."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from core.audit.tables import AuditEntry


class AuditEntryOut(Struct, frozen=True):
    """One act: who did what to whom, from where. `before` and `after` have the fields that changed."""

    id: UUID
    at: datetime
    action: str
    subject_id: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    actor_kind: str
    actor_id: UUID | None
    actor: str
    address: str

    @classmethod
    def of(cls, row: AuditEntry) -> "AuditEntryOut":
        """The row of the table as the API shows it."""
        plain = {name: getattr(row, name) for name in cls.__struct_fields__}
        return cls(**plain | {name: msgspec.json.decode(plain[name]) for name in ("before", "after")})
