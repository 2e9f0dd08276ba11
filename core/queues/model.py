"""What a queue decision is made from and what comes out of it: plain values, no I/O.

Times are whole milliseconds since 1970-01-01 UTC, as Redis tells them.
"""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from core.api.calls import Distribution, QueueExit
from core.calls.ports import Address


class Activity(StrEnum):
    """What holds a member now."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"


class Reason(StrEnum):
    """Why a member is not rung for a waiting call. A fixed list: screens translate it."""

    LOGGED_OUT = "logged_out"
    NO_DEVICE = "no_device"
    """No telephone that may be rung."""
    IN_A_CALL = "in_a_call"
    RINGING = "ringing"
    """A call rings there already, this one or another."""
    AFTER_CALL_WORK = "after_call_work"
    RESTING = "resting"
    """Rejected a call or could not be reached a few seconds ago."""
    RESERVED_ELSEWHERE = "reserved_elsewhere"
    """A call further ahead, or one of another queue, got this member."""
    TRIED_THIS_ROUND = "tried_this_round"
    """Did not answer this call; others are tried first (QEL-3)."""
    LOWER_PRIORITY_WAITS = "lower_priority_waits"
    """Members with a lower priority number come first (QUE-6)."""
    LONGER_IDLE_FIRST = "longer_idle_first"
    """Another member of the same priority has been free for longer (QEL-7)."""
    ANOTHER_RINGS = "another_rings"
    """The call already rings at somebody."""
    LEFT = "left"
    """The call leaves the queue."""


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person as a member of one queue."""

    person_id: UUID
    name: str = ""
    priority: int = 0
    """Lowest first (QUE-6)."""
    logged_in: bool = True
    """As stored; the live state overrides it."""
    reachable: bool = True
    """Has a device that may be rung."""
    devices: tuple[Address, ...] = ()
    in_order: tuple[float, ...] = ()
    """How many seconds each device rings before the next one does; empty: all ring at once (PRF-5)."""


class QueueConfig(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A queue's parameters (QUE-10 … QUE-16) and members."""

    id: UUID
    name: str = ""
    service_level_seconds: int = 30
    acw_seconds: int = 0
    acw_prolong: bool = False
    hidden: bool = False
    no_history: bool = False
    lost_to_callback: bool = False
    members: tuple[Member, ...] = ()


class WaitingCall(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that waits, as every process sees it."""

    id: UUID
    priority: int
    enqueued_at: int
    """Original enqueue time: the place in the queue, also after a failed bridge."""
    owner: str = ""
    """Name of the media process that has the caller's leg; only it may offer the call."""
    distribution: Distribution = Distribution.LONGEST_IDLE
    exit_if_queue: bool = False
    allow_empty: bool = False


class Waiting(Struct, frozen=True, array_like=True):
    """A waiting call and who was tried for it in this round."""

    call: WaitingCall
    tried: tuple[UUID, ...] = ()


class MemberState(Struct, frozen=True, array_like=True):
    """Live state of one member. A time of 0 means never."""

    person_id: UUID
    logged_in: int = -1
    """Since when; 0: logged out; -1: unknown, the stored value holds."""
    activity: Activity = Activity.FREE
    since: int = 0
    """When the activity began."""
    call_id: UUID | None = None
    """The call that rings or talks, when it is a queue call."""
    free_since: int = 0
    after_call_until: int = 0
    rest_until: int = 0

    def is_logged_in(self, stored: bool) -> bool:
        """Whether she is logged in to the queue; `stored`: what holds when the live state does not know."""
        return stored if self.logged_in < 0 else self.logged_in > 0


class Snapshot(Struct, frozen=True):
    """A queue at one moment."""

    at: int
    calls: tuple[Waiting, ...] = ()
    members: tuple[MemberState, ...] = ()


class Choice(Struct, frozen=True):
    """Whom one call rings now."""

    members: tuple[UUID, ...]
    new_round: bool = False
    """Everybody who can be rung has been tried: the round begins again."""


class Decision(Struct, frozen=True):
    """What happens next in a queue. `decide.reasons()` tells why a member was not chosen for a call."""

    order: tuple[UUID, ...]
    """Waiting calls, first come first served within a priority."""
    offers: dict[UUID, Choice]
    """call → members to ring."""
    exits: dict[UUID, QueueExit]
    """Calls that must not wait any longer (QEL-11, QEL-12)."""
    idle: dict[UUID, int]
    """Members who could be rung, in the order in which they are taken, with their priorities."""
    unavailable: dict[UUID, Reason]
    """Members that no call can have now."""
    wake_at: int = 0
    """When time alone changes the outcome: the next end of after-call work or rest; 0: never."""


class Record(Struct, frozen=True):
    """What mattered to one call in a decision, so that it can be run again."""

    now: int
    snapshot: Snapshot
    config: QueueConfig
