"""What can go wrong when queues are used."""

from uuid import UUID


class UnknownQueue(LookupError):
    """The tenant has no such queue: it was removed, or a flow names one that never was."""

    def __init__(self, queue_id: UUID) -> None:
        super().__init__(f"there is no queue {queue_id}; choose another in the flow's queue element")
        self.queue_id = queue_id


class UnknownMember(LookupError):
    """The person is not a member of the queue."""

    def __init__(self, queue_id: UUID, person_id: UUID) -> None:
        super().__init__(f"person {person_id} is not a member of queue {queue_id}; add her first")


class NotAllowed(Exception):
    """The queue's parameters forbid it; the message says which."""
