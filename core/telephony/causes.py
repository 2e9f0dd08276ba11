"""Why a leg ended: SIP final responses and our causes, both ways (RFC 3261 §21, RFC 3326)."""

from core.calls.events import Cause, LegRole

_FROM_SIP = {
    403: Cause.REJECTED,
    404: Cause.UNREACHABLE,
    406: Cause.INCOMPATIBLE_MEDIA,
    408: Cause.NO_ANSWER,
    410: Cause.UNREACHABLE,
    415: Cause.INCOMPATIBLE_MEDIA,
    480: Cause.NO_ANSWER,
    484: Cause.UNREACHABLE,
    486: Cause.BUSY,
    487: Cause.CANCELLED,
    488: Cause.INCOMPATIBLE_MEDIA,
    600: Cause.BUSY,
    603: Cause.REJECTED,
    604: Cause.UNREACHABLE,
    606: Cause.INCOMPATIBLE_MEDIA,
    607: Cause.REJECTED,
    608: Cause.REJECTED,
}

_TO_SIP = {
    Cause.COMPLETED: 480,
    Cause.UNKNOWN_NUMBER: 404,
    Cause.NO_FLOW: 480,
    Cause.FLOW_FAILED: 500,
    Cause.BUSY: 486,
    Cause.NO_ANSWER: 480,
    Cause.REJECTED: 603,
    Cause.UNREACHABLE: 480,
    Cause.NOT_ALLOWED: 403,
    Cause.INCOMPATIBLE_MEDIA: 488,
    Cause.OVERLOADED: 503,
    Cause.DRAINING: 503,
    Cause.FAILED: 500,
}

ANSWERED_ELSEWHERE = 'SIP ;cause=200 ;text="Call completed elsewhere"'
"""Reason header of the CANCEL to those who ring in vain (RFC 3326 §4)."""

RETRY_AFTER = {Cause.OVERLOADED: "10", Cause.DRAINING: "5"}
"""Seconds after which a refused caller's switch may try again (RFC 3261 §20.33)."""


def cause_of_refusal(code: int, rang: bool = False) -> Cause:
    """What a final response from 300 on to our INVITE means; `rang`: the other side had been ringing.

    A time-out without ringing is an address that does not answer at all.
    """
    if code == 408 and not rang:
        return Cause.UNREACHABLE
    if code in _FROM_SIP:
        return _FROM_SIP[code]
    if 500 <= code < 600:
        return Cause.UNREACHABLE
    return Cause.REJECTED if 400 <= code < 700 else Cause.FAILED


def cause_of_loss(role: LegRole, code: int) -> Cause:
    """Why an answered leg ended: 200 is a BYE; everything else the library's own reason, as a response code."""
    if code == 200:
        return cause_of_hang_up(role)
    return Cause.INCOMPATIBLE_MEDIA if _FROM_SIP.get(code) is Cause.INCOMPATIBLE_MEDIA else Cause.FAILED


def cause_of_hang_up(role: LegRole) -> Cause:
    """Who hung up when the other side of a leg of this role sent BYE, or CANCEL."""
    return Cause.CALLER_HUNG_UP if role is LegRole.CALLER else Cause.AGENT_HUNG_UP


def refusal_of_cause(cause: Cause) -> int:
    """The final response by which we refuse a call that was not answered."""
    return _TO_SIP.get(cause, 480)


def tries_next_trunk(code: int, rang: bool) -> bool:
    """Is this failure the trunk's, so that another trunk may succeed? Never after it rang."""
    return not rang and (code == 408 or 500 <= code < 600)
