"""The journal's vocabulary: everything that can happen to a call, as typed, append-only events."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from core.api.calls import QueueExit

PLATFORM_TENANT = UUID(int=0)
"""Owner of what belongs to no tenant: calls to numbers that nobody has."""

LOST_SEQ = 1_000_000
"""Sequence number of the event that closes a call whose media process died: after all that it wrote."""


class Direction(StrEnum):
    """Who began the call: IN, a caller from outside."""

    IN = "in"
    OUT = "out"


class LegRole(StrEnum):
    """What a SIP dialog is in the call."""

    CALLER = "caller"
    AGENT = "agent"
    OUTSIDE = "outside"


class Cause(StrEnum):
    """Why a leg or a call ended."""

    CALLER_HUNG_UP = "caller_hung_up"
    AGENT_HUNG_UP = "agent_hung_up"
    """The called party (a member, or a number dialled from the flow) ended it."""
    COMPLETED = "completed"
    """We ended it: the flow came to its end, or a hang-up element."""
    UNKNOWN_NUMBER = "unknown_number"
    NO_FLOW = "no_flow"
    FLOW_FAILED = "flow_failed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    NOT_ALLOWED = "not_allowed"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    CANCELLED = "cancelled"
    NO_MEDIA = "no_media"
    """No RTP came for too long."""
    NOTHING_SENT = "nothing_sent"
    """We sent no RTP for too long although the leg was not on hold."""
    NOT_CONFIRMED = "not_confirmed"
    """Answered, but no ACK came."""
    INCOMPATIBLE_MEDIA = "incompatible_media"
    OVERLOADED = "overloaded"
    DRAINING = "draining"
    MEDIA_PROCESS_LOST = "media_process_lost"
    FAILED = "failed"


class Entry(StrEnum):
    """How a call came into a queue (RQD-29)."""

    DIRECT = "direct"
    TRANSFERRED_FROM_QUEUE = "transferred_from_queue"
    TRANSFERRED_FROM_AGENT = "transferred_from_agent"
    TIMEOUT_FROM_QUEUE = "timeout_from_queue"


class OfferKind(StrEnum):
    """Who decided that this member is rung (RQD-14, RQD-15)."""

    AUTOMATIC = "automatic"
    PICKED = "picked"
    ASSIGNED = "assigned"


class OfferOutcome(StrEnum):
    """How one ring attempt at one member ended (QUE-19, RAD-27)."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    """Another member won; not an unanswered attempt."""
    CALLER_LEFT = "caller_left"
    """The caller hung up or left the queue while it rang; not an unanswered attempt."""
    FAILED = "failed"
    """Answered, but no audio came or the bridge failed."""


class PartKind(StrEnum):
    """With whom the caller talked in a part of the call (LOG-4)."""

    QUEUE = "queue"
    OUTSIDE = "outside"


class PartEnd(StrEnum):
    """How a part of the call ended."""

    CALLER_HUNG_UP = "caller_hung_up"
    OTHER_HUNG_UP = "other_hung_up"
    TRANSFERRED = "transferred"
    LOST = "lost"


class Data(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of all event data; the tag is the event's type."""


class CallStarted(Data, frozen=True, kw_only=True, tag="call.started"):
    """A call came to a number of ours, or to one that nobody has; or somebody here makes one."""

    direction: Direction
    caller: str
    """E.164, or empty when withheld; of an outgoing call the number that is shown."""
    dialled: str
    """E.164 access number, or what was dialled when it is unknown."""
    media: str
    """Name of the media process."""
    caller_name: str = ""
    main_number_id: UUID | None = None
    person_id: UUID | None = None
    """Who makes an outgoing call; null: nobody in person."""
    person: str = ""


class CallAnswered(Data, frozen=True, kw_only=True, tag="call.answered"):
    """We answered the caller."""


class CallEnded(Data, frozen=True, kw_only=True, tag="call.ended"):
    """The call is over. `sip_code`: the final response that we gave or got, 0 without one."""

    cause: Cause
    sip_code: int = 0
    detail: str = ""


class LegCreated(Data, frozen=True, kw_only=True, tag="leg.created"):
    """A SIP dialog of the call has begun; `person` is the name of the member it rings."""

    leg_id: UUID
    role: LegRole
    address: str
    """Number or SIP address."""
    sip_call_id: str = ""
    person_id: UUID | None = None
    person: str = ""


class LegRinging(Data, frozen=True, kw_only=True, tag="leg.ringing"):
    """The other side's telephone rings (SIP 18x)."""

    leg_id: UUID


class LegAnswered(Data, frozen=True, kw_only=True, tag="leg.answered"):
    """The dialog is confirmed (200 and ACK); audio need not have come yet."""

    leg_id: UUID


class LegMediaUp(Data, frozen=True, kw_only=True, tag="leg.media_up"):
    """The first audio of the other side has arrived."""

    leg_id: UUID
    codec: str


class LegEnded(Data, frozen=True, kw_only=True, tag="leg.ended"):
    """The dialog is over. `sip_code`: the final response, 0 after a BYE or when we gave up."""

    leg_id: UUID
    cause: Cause
    sip_code: int = 0
    detail: str = ""


class FlowEntered(Data, frozen=True, kw_only=True, tag="flow.entered"):
    """A published version of a flow takes the call."""

    flow_id: UUID
    version_id: UUID
    version: int
    name: str


class FlowFailed(Data, frozen=True, kw_only=True, tag="flow.failed"):
    """The flow could not go on at this node; the caller hears an apology."""

    node: str
    problem: str


class FlowLinkFailed(Data, frozen=True, kw_only=True, tag="flow.link_failed"):
    """The call could not go on in the flow that this node links to (FWD-10), and leaves by the node's own exit."""

    node: str
    flow_id: UUID
    problem: str


class CounterPassed(Data, frozen=True, kw_only=True, tag="counter.passed"):
    """The call has passed a counter of its flow (IVR-17)."""

    name: str


class ElementEntered(Data, frozen=True, kw_only=True, tag="element.entered"):
    """A node of the flow begins: its id, its element's key and its title."""

    node: str
    element: str
    title: str


class ElementLeft(Data, frozen=True, kw_only=True, tag="element.left"):
    """A node of the flow is left by this exit."""

    node: str
    exit: str


HIDDEN_DIGIT = "•"
"""Stands in the journal for each digit of a PIN."""


class PromptStarted(Data, frozen=True, kw_only=True, tag="prompt.started"):
    """The caller begins to hear a prompt."""

    what: str
    """The spoken text or the sound's name."""


class PromptEnded(Data, frozen=True, kw_only=True, tag="prompt.ended"):
    """The prompt is over; `interrupted_by` is the digit that cut it short (or HIDDEN_DIGIT), empty at its own
    end."""

    interrupted_by: str = ""


class DigitsCollected(Data, frozen=True, kw_only=True, tag="digits.collected"):
    """The caller keyed in digits that an element asked for; each is HIDDEN_DIGIT when they are secret."""

    digits: str


class QueueEntered(Data, frozen=True, kw_only=True, tag="queue.entered"):
    """The caller waits in a queue from now on: a queue visit begins."""

    visit_id: UUID
    queue_id: UUID
    queue: str
    entry: Entry
    priority: int
    service_level_seconds: int
    enqueued_at: datetime
    """The original enqueue time: it decides the place, also after a failed bridge."""
    from_queue_id: UUID | None = None


class QueueDecided(Data, frozen=True, kw_only=True, tag="queue.decided"):
    """Who is rung for this call now, and a reason for every member who is not."""

    visit_id: UUID
    offered: tuple[UUID, ...]
    passed_over: dict[str, str]
    """person id → reason (core.queues.model.Reason)."""
    snapshot: str = ""
    """What the decision was made from, as compact JSON, so that it can be run again."""


class QueueLeft(Data, frozen=True, kw_only=True, tag="queue.left"):
    """The queue visit is over; `digit` is the one of the exit KEY."""

    visit_id: UUID
    exit: QueueExit
    digit: str = ""


class Offered(Data, frozen=True, kw_only=True, tag="offer.made"):
    """A member is rung for this call: one ring attempt, of `ring_seconds` at most."""

    offer_id: UUID
    visit_id: UUID
    person_id: UUID
    person: str
    kind: OfferKind
    ring_seconds: int


class OfferEnded(Data, frozen=True, kw_only=True, tag="offer.ended"):
    """The ring attempt is over; `sip_code`: the final response of the member's telephone, 0 without one."""

    offer_id: UUID
    outcome: OfferOutcome
    sip_code: int = 0


class PartStarted(Data, frozen=True, kw_only=True, tag="part.started"):
    """Caller and other party hear each other."""

    part_id: UUID
    kind: PartKind
    leg_id: UUID
    visit_id: UUID | None = None
    person_id: UUID | None = None
    person: str = ""
    number: str = ""


class PartEnded(Data, frozen=True, kw_only=True, tag="part.ended"):
    """Caller and other party hear each other no more."""

    part_id: UUID
    how: PartEnd


class HoldStarted(Data, frozen=True, kw_only=True, tag="hold.started"):
    """One side of a part puts the other on hold: the other party the caller, or the caller (`by_caller`) her."""

    part_id: UUID
    by_caller: bool = False


class HoldEnded(Data, frozen=True, kw_only=True, tag="hold.ended"):
    """Whoever held takes the other side off hold."""

    part_id: UUID
    by_caller: bool = False


class HoursAsked(Data, frozen=True, kw_only=True, tag="hours.asked"):
    """Opening hours were asked what holds; `why`: the exception or holiday that said so, empty: the week.

    `problem`: they could not be evaluated, and the last known category was taken.
    """

    schedule_id: UUID
    name: str
    category: str
    why: str = ""
    problem: str = ""


class VipPassed(Data, frozen=True, kw_only=True, tag="vip.passed"):
    """The caller is on a VIP list that the call passed (VIP-4).

    `service_level_seconds`: the list's own service level, which holds in the queues that follow (VIP-3). `blocked`:
    the list refuses its callers.
    """

    list_id: UUID
    name: str
    service_level_seconds: int | None = None
    blocked: bool = False


class CallbackRequested(Data, frozen=True, kw_only=True, tag="callback.requested"):
    """The caller asked to be called back (LOG-10)."""

    number: str
    queue_id: UUID | None = None


class RecordingEnded(Data, frozen=True, kw_only=True, tag="recording.ended"):
    """The caller was recorded: the key of the stored recording and its length in seconds."""

    key: str
    seconds: float


class AfterCallStarted(Data, frozen=True, kw_only=True, tag="after_call.started"):
    """After-call work (QUE-11); may follow the end of the call."""

    part_id: UUID
    person_id: UUID
    seconds: int


class AfterCallEnded(Data, frozen=True, kw_only=True, tag="after_call.ended"):
    """After-call work is over, by itself or by the member."""

    part_id: UUID
    person_id: UUID


class AgentLoggedIn(Data, frozen=True, kw_only=True, tag="agent.logged_in"):
    """A member logs in to one queue; the journal's call_id is the id of this session."""

    person_id: UUID
    person: str
    queue_id: UUID
    queue: str
    by: UUID | None = None


class AgentLoggedOut(Data, frozen=True, kw_only=True, tag="agent.logged_out"):
    """The member logs out of the queue; `by`: the user who did it for her."""

    by: UUID | None = None


AnyData = (
    CallStarted
    | CallAnswered
    | CallEnded
    | LegCreated
    | LegRinging
    | LegAnswered
    | LegMediaUp
    | LegEnded
    | FlowEntered
    | FlowFailed
    | FlowLinkFailed
    | CounterPassed
    | ElementEntered
    | ElementLeft
    | PromptStarted
    | PromptEnded
    | DigitsCollected
    | QueueEntered
    | QueueDecided
    | QueueLeft
    | Offered
    | OfferEnded
    | PartStarted
    | PartEnded
    | HoldStarted
    | HoldEnded
    | HoursAsked
    | VipPassed
    | CallbackRequested
    | RecordingEnded
    | AfterCallStarted
    | AfterCallEnded
    | AgentLoggedIn
    | AgentLoggedOut
)


class Event(Struct, frozen=True):
    """One line of the journal. `call_id` is a UUIDv7; `seq` counts from 1 within it; `at` is UTC."""

    tenant_id: UUID
    call_id: UUID
    seq: int
    at: datetime
    data: AnyData
