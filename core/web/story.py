"""A call's journal as a story: its events in plain language, in chapters, with the reasons of each queue decision."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from core.api.texts import N_
from core.calls import events as e
from core.calls.events import Event
from core.calls.timeline import timeline
from core.queues.model import Reason
from core.ui.templating import _

REASONS = {
    Reason.LOGGED_OUT: N_("logged out of the queue"),
    Reason.NO_DEVICE: N_("has no telephone that may be rung"),
    Reason.IN_A_CALL: N_("in a call"),
    Reason.RINGING: N_("rung for another call"),
    Reason.AFTER_CALL_WORK: N_("in after-call work"),
    Reason.RESTING: N_("rejected a call or could not be reached a moment ago"),
    Reason.RESERVED_ELSEWHERE: N_("given to a call further ahead, or of another queue"),
    Reason.TRIED_THIS_ROUND: N_("did not answer this call; others are tried first"),
    Reason.LOWER_PRIORITY_WAITS: N_("members with a lower priority number come first"),
    Reason.LONGER_IDLE_FIRST: N_("another member has been free for longer"),
    Reason.ANOTHER_RINGS: N_("the call already rings at somebody"),
    Reason.LEFT: N_("the call leaves the queue"),
}
CHOSEN = N_("is rung")

# Event type → icon and colour. What is missing here is a detail: shown small and pale.
MARKS = {
    "call.started": ("phone-incoming", "flow"),
    "call.answered": ("phone", "free"),
    "call.ended": ("phone-off", "off"),
    "flow.entered": ("workflow", "flow"),
    "flow.failed": ("triangle-alert", "busy"),
    "flow.link_failed": ("triangle-alert", "busy"),
    "counter.passed": ("hash", "flow"),
    "element.entered": ("chevron-right", "flow"),
    "prompt.started": ("volume-2", "flow"),
    "digits.collected": ("hash", "flow"),
    "queue.entered": ("list-ordered", "pause"),
    "queue.decided": ("git-branch", "pause"),
    "queue.left": ("arrow-right", "pause"),
    "offer.made": ("bell-ring", "ring"),
    "offer.ended": ("bell-ring", "ring"),
    "part.started": ("headset", "free"),
    "part.ended": ("headset", "off"),
    "hold.started": ("pause", "pause"),
    "hold.ended": ("play", "free"),
    "hours.asked": ("clock", "flow"),
    "vip.passed": ("user-check", "flow"),
    "callback.requested": ("phone-outgoing", "flow"),
    "recording.ended": ("mic", "flow"),
    "after_call.started": ("timer", "pause"),
    "after_call.ended": ("check", "free"),
}
DETAIL = ("circle-dot", "off")


class Reasoned(Struct, frozen=True):
    """What a decision says of one member."""

    name: str
    reason: str
    chosen: bool


class Told(Struct, frozen=True):
    """One event. `offset`: seconds since the call began."""

    at: datetime
    offset: float
    type: str
    icon: str
    tone: str
    text: str
    why: tuple[Reasoned, ...] = ()

    @property
    def detail(self) -> bool:
        """Of interest only to those who look closely."""
        return self.type not in MARKS


class Chapter(Struct):
    """Events that belong together, under a title."""

    icon: str
    title: str
    events: list[Told]


def people_in(events: Iterable[Event]) -> dict[UUID, str]:
    """The people whom a journal names."""
    names: dict[UUID, str] = {}
    for event in events:
        data = event.data
        if isinstance(data, (e.LegCreated, e.Offered, e.PartStarted)) and data.person_id and data.person:
            names[data.person_id] = data.person
    return names


def tell(events: Sequence[Event], names: Mapping[UUID, str]) -> list[Chapter]:
    """The story in the language of the request. `names`: person → name, for those whom decisions mention."""
    chapters: list[Chapter] = []
    for event, line in zip(events, timeline(events), strict=True):
        icon, tone = MARKS.get(line.type, DETAIL)
        chapter = _begins(event, after=chapters[-1] if chapters else None)
        if chapter is not None:
            chapters.append(chapter)
        why = _why(event.data, names) if isinstance(event.data, e.QueueDecided) else ()
        chapters[-1].events.append(Told(line.at, line.seconds, line.type, icon, tone, line.words(_), why))
    return chapters


def _begins(event: Event, after: Chapter | None) -> Chapter | None:
    """The chapter that begins with this event; None: it belongs to the one before."""
    data = event.data
    if isinstance(data, e.QueueEntered):
        return Chapter("list-ordered", _("Queue {queue}").format(queue=data.queue), [])
    if isinstance(data, e.PartStarted):
        who = data.person or data.number or _("unknown")
        return Chapter("headset", _("Conversation with {person}").format(person=who), [])
    if isinstance(data, e.FlowEntered):
        return Chapter("workflow", _("Flow {flow}").format(flow=data.name), [])
    if isinstance(data, e.ElementEntered) and after and after.icon in {"list-ordered", "headset"}:
        return Chapter("workflow", _("Back in the flow"), [])
    if isinstance(data, e.CallEnded):
        return Chapter("phone-off", _("End"), [])
    return Chapter("phone-incoming", _("Arrival"), []) if after is None else None


def _why(decided: e.QueueDecided, names: Mapping[UUID, str]) -> tuple[Reasoned, ...]:
    """Everybody whom a decision looked at: the chosen first, then the others by name."""
    chosen = [Reasoned(_name(names, person), _(CHOSEN), True) for person in decided.offered]
    others = [
        Reasoned(_name(names, UUID(person)), _reason(reason), False) for person, reason in decided.passed_over.items()
    ]
    return (*chosen, *sorted(others, key=lambda member: member.name))


def _reason(word: str) -> str:
    """A reason in plain language; one of a newer version as it is."""
    return _(REASONS[Reason(word)]) if word in {reason.value for reason in Reason} else word


def _name(names: Mapping[UUID, str], person_id: UUID) -> str:
    return names.get(person_id) or _("a former member")
