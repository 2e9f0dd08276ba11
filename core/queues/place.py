"""A caller's place in a queue, as the process that has the caller keeps it, and what it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from msgspec import Struct

from core.api.calls import QueueExit
from core.queues.model import Reason, Waiting, WaitingCall
from core.queues.state import CallHold, Proposal


class Verdict(Struct, frozen=True):
    """What a decision means for one waiting call."""

    offers: tuple[Proposal, ...]
    """Committed: these members are to be rung now."""
    exit: QueueExit | None
    """The call must leave the queue (QEL-11, QEL-12)."""
    passed_over: Mapping[UUID, Reason]
    """Why the other members are not rung."""
    snapshot: str
    """The record of core.queues.explain."""


@dataclass(eq=False)
class Place:
    """One waiting call of this process."""

    tenant_id: UUID
    queue_id: UUID
    call: WaitingCall
    deliver: Callable[[Verdict], None]
    """Called with each verdict that tells something new; must not block."""
    open: bool = True
    """False: takes no more offers."""
    tried: tuple[UUID, ...] = ()
    """Tried in this round, as last seen."""
    told: Mapping[UUID, Reason] | None = None
    """The reasons of the last verdict."""
    told_at: float = 0.0

    def hold(self) -> CallHold:
        """What renews it, and puts it back after a loss of Redis."""
        return CallHold(self.queue_id, Waiting(self.call, self.tried))
