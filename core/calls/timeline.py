"""What happened in a call, in plain language: one line for every event of the journal.

A line is a gettext id (English) with parameters and the seconds since the call began; whoever shows it translates it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.api.calls import QueueExit
from core.api.texts import N_
from core.calls import events as e
from core.calls.events import Cause, Event, OfferOutcome, PartEnd
from core.calls.model import seconds


class Phrase(str):
    """A parameter that is a gettext id itself."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One event in plain language: `text` is a gettext id with {named} places for `params`."""

    seq: int
    at: datetime
    seconds: float
    """Since the first event."""
    type: str
    """The event's type, for example `queue.entered`."""
    text: str
    params: dict[str, str | int | float]

    def words(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, translated by a gettext function."""
        values = {name: translate(v) if isinstance(v, Phrase) else v for name, v in self.params.items()}
        return translate(self.text).format(**values)


@dataclass(slots=True)
class _Known:
    """Names from earlier events, by the ids that later ones use."""

    legs: dict[UUID, str] = field(default_factory=dict)
    offers: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    parts: dict[UUID, str] = field(default_factory=dict)
    queues: dict[UUID, str] = field(default_factory=dict)
    """By visit."""
    holds: dict[tuple[UUID, bool], datetime] = field(default_factory=dict)
    """By part and whether the caller holds."""
    working: dict[UUID, datetime] = field(default_factory=dict)
    """After-call work, by part."""
    entered: dict[UUID, datetime] = field(default_factory=dict)
    started: dict[UUID, datetime] = field(default_factory=dict)
    people: dict[UUID, str] = field(default_factory=dict)


def timeline(events: Iterable[Event]) -> Iterator[Line]:
    """The lines of one journal, given in its order."""
    known, begun = _Known(), None
    for event in events:
        begun = begun or event.at
        data = event.data
        text, params = _LINES[type(data)](data, event.at, known)
        yield Line(
            event.seq,
            event.at,
            round((event.at - begun).total_seconds(), 3),
            str(type(data).__struct_config__.tag),
            text,
            params,
        )


_Said = tuple[str, dict[str, str | int | float]]
NOBODY = Phrase(N_("unknown"))
WITHHELD = Phrase(N_("a withheld number"))

ENDS = {
    Cause.CALLER_HUNG_UP: N_("The caller hung up"),
    Cause.AGENT_HUNG_UP: N_("The called party hung up"),
    Cause.COMPLETED: N_("The flow came to its end and ended the call"),
    Cause.UNKNOWN_NUMBER: N_("The call was refused: nobody has this number"),
    Cause.NO_FLOW: N_("The call was refused: no flow is published for this number"),
    Cause.FLOW_FAILED: N_("The call was ended because its flow failed"),
    Cause.BUSY: N_("The call ended: busy"),
    Cause.NO_ANSWER: N_("The call ended: no answer"),
    Cause.REJECTED: N_("The call ended: rejected"),
    Cause.UNREACHABLE: N_("The call ended: unreachable"),
    Cause.NOT_ALLOWED: N_("The call was refused: a limit does not allow it"),
    Cause.ANSWERED_ELSEWHERE: N_("The call was answered elsewhere"),
    Cause.CANCELLED: N_("The call was cancelled"),
    Cause.NO_MEDIA: N_("The call was ended: no audio came from the caller"),
    Cause.NOTHING_SENT: N_("The call was ended: our audio no longer went out to the caller"),
    Cause.NOT_CONFIRMED: N_("The call was ended: the caller's telephone did not confirm our answer"),
    Cause.INCOMPATIBLE_MEDIA: N_("The call was refused: no common audio format"),
    Cause.OVERLOADED: N_("The call was refused: too many calls"),
    Cause.DRAINING: N_("The call was ended: the telephone server is shutting down"),
    Cause.MEDIA_PROCESS_LOST: N_("The call was cut off: the telephone server failed"),
    Cause.FAILED: N_("The call was ended by a fault"),
}

LEG_ENDS = {
    Cause.CALLER_HUNG_UP: N_("the caller hung up"),
    Cause.AGENT_HUNG_UP: N_("hung up"),
    Cause.COMPLETED: N_("the conversation was over"),
    Cause.UNKNOWN_NUMBER: N_("unknown number"),
    Cause.NO_FLOW: N_("no flow"),
    Cause.FLOW_FAILED: N_("the flow failed"),
    Cause.BUSY: N_("busy"),
    Cause.NO_ANSWER: N_("no answer"),
    Cause.REJECTED: N_("rejected"),
    Cause.UNREACHABLE: N_("unreachable"),
    Cause.NOT_ALLOWED: N_("not allowed"),
    Cause.ANSWERED_ELSEWHERE: N_("answered elsewhere"),
    Cause.CANCELLED: N_("cancelled"),
    Cause.NO_MEDIA: N_("no audio"),
    Cause.NOTHING_SENT: N_("our audio no longer went out"),
    Cause.NOT_CONFIRMED: N_("not confirmed"),
    Cause.INCOMPATIBLE_MEDIA: N_("no common audio format"),
    Cause.OVERLOADED: N_("too many calls"),
    Cause.DRAINING: N_("the telephone server is shutting down"),
    Cause.MEDIA_PROCESS_LOST: N_("the telephone server failed"),
    Cause.FAILED: N_("a fault"),
}

ENTRIES = {
    e.Entry.DIRECT: N_("Entered the queue {queue}"),
    e.Entry.TRANSFERRED_FROM_QUEUE: N_("Transferred to the queue {queue} from another queue"),
    e.Entry.TRANSFERRED_FROM_AGENT: N_("Transferred to the queue {queue} by an agent"),
    e.Entry.TIMEOUT_FROM_QUEUE: N_("Went on to the queue {queue}, unanswered in the one before"),
}

EXITS = {
    QueueExit.ANSWERED: N_("Left the queue {queue}, answered"),
    QueueExit.TIMEOUT: N_("Left the queue {queue}: waited {seconds} s without an answer"),
    QueueExit.KEY: N_("Left the queue {queue} by pressing {digit}"),
    QueueExit.BUSY: N_("Left the queue {queue}: nobody was available"),
    QueueExit.EMPTY: N_("Left the queue {queue}: nobody was logged in"),
    QueueExit.ABANDONED: N_("Hung up in the queue {queue} after {seconds} s"),
    QueueExit.TRANSFERRED: N_("Left the queue {queue}: transferred"),
    QueueExit.LOST: N_("Left the queue {queue}: the telephone server failed"),
}

OFFERS = {
    e.OfferKind.AUTOMATIC: N_("Ringing {person} for up to {seconds} s"),
    e.OfferKind.PICKED: N_("{person} picks the call"),
    e.OfferKind.ASSIGNED: N_("The call is assigned to {person}"),
}

OUTCOMES = {
    OfferOutcome.ANSWERED: N_("{person} answered after {seconds} s"),
    OfferOutcome.NO_ANSWER: N_("{person} did not answer within {seconds} s"),
    OfferOutcome.REJECTED: N_("{person} rejected the call after {seconds} s"),
    OfferOutcome.BUSY: N_("{person} is busy"),
    OfferOutcome.UNREACHABLE: N_("{person} cannot be reached"),
    OfferOutcome.ANSWERED_ELSEWHERE: N_("{person} stops ringing: another answered first"),
    OfferOutcome.CALLER_LEFT: N_("{person} stops ringing: the caller left"),
    OfferOutcome.FAILED: N_("{person} answered, but no conversation came about"),
}

PART_ENDS = {
    PartEnd.CALLER_HUNG_UP: N_("The caller hung up after talking with {person} for {seconds} s"),
    PartEnd.OTHER_HUNG_UP: N_("{person} hung up after talking for {seconds} s"),
    PartEnd.TRANSFERRED: N_("{person} transferred the caller after talking for {seconds} s"),
    PartEnd.LOST: N_("The conversation with {person} broke off after {seconds} s"),
}


def _call_started(data: e.CallStarted, at: datetime, known: _Known) -> _Said:
    said: dict[str, str | int | float] = {
        "caller": data.caller or WITHHELD,
        "dialled": data.dialled,
        "person": data.person,
    }
    if data.direction is e.Direction.IN:
        return N_("Call from {caller} to {dialled}"), said
    return N_("{person} calls {dialled}") if data.person else N_("Call to {dialled}"), said


def _call_answered(data: e.CallAnswered, at: datetime, known: _Known) -> _Said:
    return N_("We answered the call"), {}


def _call_ended(data: e.CallEnded, at: datetime, known: _Known) -> _Said:
    return ENDS[data.cause], {"code": data.sip_code, "detail": data.detail}


def _leg_created(data: e.LegCreated, at: datetime, known: _Known) -> _Said:
    known.legs[data.leg_id] = name = data.person or data.address or WITHHELD
    if data.role is e.LegRole.CALLER:
        return N_("The caller's telephone is connected to us"), {"address": data.address}
    return N_("Calling {who} at {address}"), {"who": name, "address": data.address}


def _leg_ringing(data: e.LegRinging, at: datetime, known: _Known) -> _Said:
    return N_("It rings at {who}"), {"who": known.legs.get(data.leg_id, NOBODY)}


def _leg_answered(data: e.LegAnswered, at: datetime, known: _Known) -> _Said:
    return N_("The telephone of {who} is answered"), {"who": known.legs.get(data.leg_id, NOBODY)}


def _leg_media_up(data: e.LegMediaUp, at: datetime, known: _Known) -> _Said:
    return N_("Audio comes from {who} ({codec})"), {"who": known.legs.get(data.leg_id, NOBODY), "codec": data.codec}


def _leg_ended(data: e.LegEnded, at: datetime, known: _Known) -> _Said:
    who = known.legs.get(data.leg_id, NOBODY)
    return N_("The telephone of {who} is disconnected: {reason}"), {"who": who, "reason": Phrase(LEG_ENDS[data.cause])}


def _flow_entered(data: e.FlowEntered, at: datetime, known: _Known) -> _Said:
    return N_("The flow {flow} begins (version {version})"), {"flow": data.name, "version": data.version}


def _flow_failed(data: e.FlowFailed, at: datetime, known: _Known) -> _Said:
    return N_("The flow cannot go on at {node}: {problem}"), {"node": data.node, "problem": data.problem}


def _link_failed(data: e.FlowLinkFailed, at: datetime, known: _Known) -> _Said:
    return N_("The call cannot go on in another flow: {problem}"), {"problem": data.problem}


def _counter_passed(data: e.CounterPassed, at: datetime, known: _Known) -> _Said:
    return N_("Counted by {name}"), {"name": data.name}


def _element_entered(data: e.ElementEntered, at: datetime, known: _Known) -> _Said:
    return N_("Came to {title}"), {"title": data.title or data.element}


def _element_left(data: e.ElementLeft, at: datetime, known: _Known) -> _Said:
    return N_("Left by the exit {exit}"), {"exit": data.exit}


def _prompt_started(data: e.PromptStarted, at: datetime, known: _Known) -> _Said:
    return N_("Heard: {what}"), {"what": data.what}


def _prompt_ended(data: e.PromptEnded, at: datetime, known: _Known) -> _Said:
    if data.interrupted_by:
        return N_("The message was interrupted by the key {digit}"), {"digit": data.interrupted_by}
    return N_("The message ended"), {}


def _digits_collected(data: e.DigitsCollected, at: datetime, known: _Known) -> _Said:
    if not data.digits:
        return N_("The caller pressed no key"), {}
    return N_("The caller pressed {digits}"), {"digits": data.digits}


def _queue_entered(data: e.QueueEntered, at: datetime, known: _Known) -> _Said:
    known.queues[data.visit_id], known.entered[data.visit_id] = data.queue, at
    return ENTRIES[data.entry], {"queue": data.queue, "priority": data.priority}


def _queue_decided(data: e.QueueDecided, at: datetime, known: _Known) -> _Said:
    counts: dict[str, str | int | float] = {"offered": len(data.offered), "passed": len(data.passed_over)}
    if data.offered:
        return N_("Chosen to ring: {offered}; passed over: {passed}"), counts
    return N_("Nobody can be rung now; passed over: {passed}"), counts


def _queue_left(data: e.QueueLeft, at: datetime, known: _Known) -> _Said:
    waited = seconds(known.entered.get(data.visit_id, at), at)
    queue = known.queues.get(data.visit_id, NOBODY)
    return EXITS[data.exit], {"queue": queue, "seconds": round(waited), "digit": data.digit}


def _offered(data: e.Offered, at: datetime, known: _Known) -> _Said:
    known.offers[data.offer_id] = data.person, at
    return OFFERS[data.kind], {"person": data.person, "seconds": data.ring_seconds}


def _offer_ended(data: e.OfferEnded, at: datetime, known: _Known) -> _Said:
    person, made = known.offers.get(data.offer_id, (NOBODY, at))
    return OUTCOMES[data.outcome], {"person": person, "seconds": round(seconds(made, at), 1)}


def _part_started(data: e.PartStarted, at: datetime, known: _Known) -> _Said:
    known.parts[data.part_id] = name = data.person or data.number or NOBODY
    known.started[data.part_id] = at
    if data.person_id:
        known.people[data.person_id] = name
    return N_("The caller and {person} hear each other"), {"person": name}


def _part_ended(data: e.PartEnded, at: datetime, known: _Known) -> _Said:
    talked = seconds(known.started.get(data.part_id, at), at)
    return PART_ENDS[data.how], {"person": known.parts.get(data.part_id, NOBODY), "seconds": round(talked)}


def _hold_started(data: e.HoldStarted, at: datetime, known: _Known) -> _Said:
    known.holds[data.part_id, data.by_caller] = at
    text = N_("The caller put {person} on hold") if data.by_caller else N_("{person} put the caller on hold")
    return text, {"person": known.parts.get(data.part_id, NOBODY)}


def _hold_ended(data: e.HoldEnded, at: datetime, known: _Known) -> _Said:
    held = seconds(known.holds.get((data.part_id, data.by_caller), at), at)
    text = N_("{person} took the caller off hold after {seconds} s")
    if data.by_caller:
        text = N_("The caller took {person} off hold after {seconds} s")
    return text, {"person": known.parts.get(data.part_id, NOBODY), "seconds": round(held)}


def _hours_asked(data: e.HoursAsked, at: datetime, known: _Known) -> _Said:
    if data.problem:
        text = N_("The opening hours {name} could not be asked ({problem}); {category} was taken as before")
    elif data.why:
        text = N_("By the opening hours {name} it is {category}: {why}")
    else:
        text = N_("By the opening hours {name} it is {category}")
    return text, {"name": data.name or NOBODY, "category": data.category, "why": data.why, "problem": data.problem}


def _vip_passed(data: e.VipPassed, at: datetime, known: _Known) -> _Said:
    text = (
        N_("The caller is on the list {name}, which blocks")
        if data.blocked
        else N_("The caller is on the VIP list {name}")
    )
    return text, {"name": data.name}


def _callback_requested(data: e.CallbackRequested, at: datetime, known: _Known) -> _Said:
    return N_("The caller asked to be called back at {number}"), {"number": data.number or WITHHELD}


def _recording_ended(data: e.RecordingEnded, at: datetime, known: _Known) -> _Said:
    return N_("Recorded {seconds} s"), {"seconds": round(data.seconds, 1), "key": data.key}


def _after_call_started(data: e.AfterCallStarted, at: datetime, known: _Known) -> _Said:
    known.working[data.part_id] = at
    return N_("After-call work of {person}: {seconds} s"), {
        "person": known.people.get(data.person_id, NOBODY),
        "seconds": data.seconds,
    }


def _after_call_ended(data: e.AfterCallEnded, at: datetime, known: _Known) -> _Said:
    worked = seconds(known.working.get(data.part_id, at), at)
    return N_("{person} is available again after {seconds} s"), {
        "person": known.people.get(data.person_id, NOBODY),
        "seconds": round(worked),
    }


def _agent_logged_in(data: e.AgentLoggedIn, at: datetime, known: _Known) -> _Said:
    return N_("{person} logged in to the queue {queue}"), {"person": data.person, "queue": data.queue}


def _agent_logged_out(data: e.AgentLoggedOut, at: datetime, known: _Known) -> _Said:
    return N_("Logged out of the queue"), {}


_LINES: dict[type, Callable[[Any, datetime, _Known], _Said]] = {
    e.CallStarted: _call_started,
    e.CallAnswered: _call_answered,
    e.CallEnded: _call_ended,
    e.LegCreated: _leg_created,
    e.LegRinging: _leg_ringing,
    e.LegAnswered: _leg_answered,
    e.LegMediaUp: _leg_media_up,
    e.LegEnded: _leg_ended,
    e.FlowEntered: _flow_entered,
    e.FlowFailed: _flow_failed,
    e.FlowLinkFailed: _link_failed,
    e.CounterPassed: _counter_passed,
    e.ElementEntered: _element_entered,
    e.ElementLeft: _element_left,
    e.PromptStarted: _prompt_started,
    e.PromptEnded: _prompt_ended,
    e.DigitsCollected: _digits_collected,
    e.QueueEntered: _queue_entered,
    e.QueueDecided: _queue_decided,
    e.QueueLeft: _queue_left,
    e.Offered: _offered,
    e.OfferEnded: _offer_ended,
    e.PartStarted: _part_started,
    e.PartEnded: _part_ended,
    e.HoldStarted: _hold_started,
    e.HoldEnded: _hold_ended,
    e.HoursAsked: _hours_asked,
    e.VipPassed: _vip_passed,
    e.CallbackRequested: _callback_requested,
    e.RecordingEnded: _recording_ended,
    e.AfterCallStarted: _after_call_started,
    e.AfterCallEnded: _after_call_ended,
    e.AgentLoggedIn: _agent_logged_in,
    e.AgentLoggedOut: _agent_logged_out,
}
