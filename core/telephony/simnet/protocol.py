"""What a client and the simulated network say to each other: one JSON object a line, both ways."""

from msgspec import Struct

from core.telephony.simnet.script import Callee, Caller, Report

LINE_LIMIT = 1 << 22
"""Longest line in bytes: a report of a long, much interrupted call."""


class Request(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Base of what a client asks; the reply has the same `id`."""

    id: int = 0


class PlaceCall(Request, frozen=True, kw_only=True, tag="call"):
    """Call `to` through the first of `targets` (host:port) that takes the call; the reply has its leg."""

    to: str
    targets: tuple[str, ...]
    caller: Caller


class Register(Request, frozen=True, kw_only=True, tag="register"):
    """From now on this is how the callee's address answers; replaces what was registered for it."""

    callee: Callee


class HangUpLeg(Request, frozen=True, kw_only=True, tag="hang_up"):
    """End one leg; a leg that is gone is no error."""

    leg: int


class GetReport(Request, frozen=True, kw_only=True, tag="report"):
    """How a leg goes so far, with what it has heard."""

    leg: int


class GetStatus(Request, frozen=True, kw_only=True, tag="status"):
    """How the network itself fares."""


class Quit(Request, frozen=True, kw_only=True, tag="quit"):
    """Hang everything up and end the process."""


AnyRequest = PlaceCall | Register | HangUpLeg | GetReport | GetStatus | Quit


class Status(Struct, frozen=True, kw_only=True):
    """The simulated network now."""

    sip: str
    """host:port where it takes calls."""
    pid: int
    legs: int
    errors: int
    """Exceptions in callbacks of the SIP stack since the start: must be 0."""


class Reply(Struct, kw_only=True, tag="reply", tag_field="is", omit_defaults=True):
    """Answer to the request with this id; `error` says what was wrong with it."""

    id: int
    error: str = ""
    leg: int = 0
    report: Report | None = None
    status: Status | None = None


class Moment(Struct, kw_only=True, tag="moment", tag_field="is"):
    """Something happened to a leg: sent to every client without being asked."""

    what: str
    """`placed`, `called`, `ringing`, `answered`, `ended`: the report then is complete."""
    at: float
    report: Report


FromNetwork = Reply | Moment
