"""Makes legs for one call and connects them, as the protocol Switch of core.calls.ports."""

import re

from msgspec import Struct

from core.calls.events import Cause, LegCreated
from core.calls.ports import Dial, JournalWriter, Leg, LegEnding, LegGone, LegState
from core.telephony.audio import Terminal, connect, disconnect
from core.telephony.legs import PjLeg
from core.telephony.signalling import Route, Surroundings
from core.telephony.trunks import Line, Lines

_SIP_URI = re.compile(r"sips?:[^\s<>\"?]+", re.IGNORECASE)
"""Without headers (after "?"), which would become ours."""
TRUNK_RESPONSE = 5.0
"""Seconds for a trunk to answer an INVITE with anything at all, before the next one is tried."""
DEVICE_RESPONSE = 8.0
"""The same for a desk phone."""


class Exchange(Struct, frozen=True):
    """What the switches of all calls share."""

    around: Surroundings
    lines: Lines
    host: str
    """Our address in From headers."""


class PjSwitch:
    """The switch of one call: every leg it makes or adopts is journalled in that call."""

    def __init__(self, exchange: Exchange, journal: JournalWriter) -> None:
        self._exchange = exchange
        self._journal = journal

    def adopt(self, leg: PjLeg) -> None:
        """Take the caller's leg into the call: its events are journalled from its beginning."""
        created = LegCreated(leg_id=leg.id, role=leg.role, address=leg.address, sip_call_id=leg.sip_call_id)
        leg.keep_journal(created, self._journal)

    async def dial(self, dial: Dial) -> PjLeg:
        """See Switch.dial."""
        leg = self._leg(dial)
        routes, problem = self._routes(dial)
        if routes:
            leg.call(routes)
        else:
            leg.refuse(LegEnding(Cause.UNREACHABLE, detail=problem, by_us=True))
        return leg

    def refused(self, dial: Dial, cause: Cause, detail: str) -> PjLeg:
        """A leg that was not made, ENDED and journalled with the reason."""
        leg = self._leg(dial)
        leg.refuse(LegEnding(cause, detail=detail, by_us=True))
        return leg

    async def is_outside(self, uri: str) -> bool:
        """Whether a device's SIP address is really a number at a trunk, so that the call would cost."""
        return await self._exchange.lines.reached_by(uri)

    async def bridge(self, one: Leg, other: Leg) -> None:
        """See Switch.bridge. A leg without audio yet joins as soon as it has it."""
        first, second = _ours(one), _ours(other)
        for leg in (first, second):
            if leg.state is LegState.ENDED:
                raise LegGone(leg.ending.cause if leg.ending else "ended")
        await self._exchange.around.endpoint.do(_connect_both, first.terminal, second.terminal)

    async def unbridge(self, one: Leg, other: Leg) -> None:
        """See Switch.unbridge."""
        await self._exchange.around.endpoint.do(_disconnect_both, _ours(one).terminal, _ours(other).terminal)

    async def mute(self, speaker: Leg, listener: Leg) -> None:
        """See Switch.mute."""
        await self._exchange.around.endpoint.do(disconnect, _ours(speaker).terminal, _ours(listener).terminal)

    async def unmute(self, speaker: Leg, listener: Leg) -> None:
        """See Switch.unmute."""
        if LegState.ENDED not in (speaker.state, listener.state):
            await self._exchange.around.endpoint.do(connect, _ours(speaker).terminal, _ours(listener).terminal)

    def _leg(self, dial: Dial) -> PjLeg:
        """A new outgoing leg that journals itself."""
        leg = PjLeg(self._exchange.around, dial.role, incoming=False)
        leg.address = dial.address.value
        created = LegCreated(
            leg_id=leg.id, role=dial.role, address=leg.address, person_id=dial.person_id, person=dial.person
        )
        leg.keep_journal(created, self._journal)
        return leg

    def _routes(self, dial: Dial) -> tuple[list[Route], str]:
        """The ways to make this call, the best first; or why there is none."""
        if dial.address.kind == "sip":
            if not _SIP_URI.fullmatch(dial.address.value):
                return [], f"{dial.address.value!r} is not a SIP address (sip:name@host)"
            return [self._route(dial, None, dial.address.value)], ""
        if dial.address.kind != "number":
            return [], f"address kind {dial.address.kind!r}: allowed are number and sip"
        lines = self._exchange.lines.outgoing()
        routes = [self._route(dial, line, line.trunk.uri(dial.address.value)) for line in lines]
        return routes, "" if routes else "no trunk is ready: none is set up, registered or has a free channel"

    def _route(self, dial: Dial, line: Line | None, uri: str) -> Route:
        exchange = self._exchange
        headers = {}
        if dial.presentation:
            host = line.trunk.host if line else exchange.host
            identity = f'"{_quoted(dial.display_name)}" <sip:{dial.presentation}@{host}>'
            headers["P-Asserted-Identity"] = f"<sip:{dial.presentation}@{host}>"
        else:
            identity = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3323 §4.1.1.3
            headers["Privacy"] = "id"
        return Route(line, uri, identity, headers, TRUNK_RESPONSE if line else DEVICE_RESPONSE)


def _ours(leg: Leg) -> PjLeg:
    if not isinstance(leg, PjLeg):
        raise TypeError(f"this switch connects its own legs, not {type(leg).__name__}")
    return leg


def _quoted(name: str) -> str:
    """A display name inside quotes (RFC 3261 quoted-string); control characters have no place in a header."""
    printable = "".join(sign for sign in name if sign.isprintable())
    return printable.replace("\\", "\\\\").replace('"', '\\"')


def _connect_both(one: Terminal, other: Terminal) -> None:
    connect(one, other)
    connect(other, one)


def _disconnect_both(one: Terminal, other: Terminal) -> None:
    disconnect(one, other)
    disconnect(other, one)
