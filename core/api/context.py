"""What a plugin's code gets when core calls it: the tenant, its settings and a few services."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from msgspec import Struct

from core.api.seats import Seats


class PluginEvent(Struct, frozen=True):
    """Something that happened in a tenant. `name` is a journal event's type ("call.ended") or a plugin's
    own event key; `data` is its fields as plain values; `at` is UTC."""

    name: str
    tenant_id: UUID
    subject: UUID
    """The call (or other thing) that it happened to."""
    at: datetime
    data: dict[str, Any]


@runtime_checkable
class Context(Protocol):
    """The scope of one call into a plugin. Database access inside it sees only this tenant."""

    @property
    def tenant_id(self) -> UUID:
        """The tenant in force."""
        ...

    @property
    def plugin(self) -> str:
        """Name of the plugin."""
        ...

    @property
    def settings(self) -> Any:
        """The tenant's settings of this plugin: an instance of Manifest.settings."""
        ...

    async def enqueue(self, job: str, *args: Any, delay_seconds: float = 0) -> None:
        """Run one of the plugin's jobs in a worker."""
        ...

    async def record(
        self,
        action: str,
        subject_id: object = "",
        subject: str = "",
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Say in the tenant's audit trail what whoever acts has just done, in the transaction of the change.

        `action` begins with the plugin's name; Manifest.actions says it in words. `before` and `after`: the fields of
        the subject, of which only what differs is kept. Never pass a secret.
        """
        ...

    async def take_seat(self, user_id: UUID) -> None:
        """Give a user of the tenant a named seat of the plugin; one who has one keeps it (GEN-10).

        Raises core.api.errors.Refused when all that the operator has granted are taken: show it to whoever asked.
        """
        ...

    async def release_seat(self, user_id: UUID) -> None:
        """Take a user's seat back. A user who is removed gives hers back by that."""
        ...

    async def seats(self) -> Seats:
        """How many seats of the plugin there are, and who has one."""
        ...

    async def emit(self, key: str, subject: UUID, data: Struct) -> None:
        """Emit one of the plugin's declared events to the other plugins of this tenant."""
        ...


class Host(Protocol):
    """The running process, as a plugin's lifespan sees it."""

    @property
    def process(self) -> str:
        """ "web", "worker" or "media"."""
        ...
