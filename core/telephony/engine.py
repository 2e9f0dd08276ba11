"""The telephone side of a media process: endpoint, accounts, trunks, incoming calls, and a switch for each call."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from core.calls.events import Cause, LegRole
from core.calls.ports import JournalWriter
from core.telephony.accounts import Account, Accounts
from core.telephony.audio import Silence
from core.telephony.causes import cause_of_refusal, refusal_of_cause
from core.telephony.endpoint import Endpoint, Load, TelephonyFailed
from core.telephony.invite import IncomingCall, read_invite
from core.telephony.legs import PjLeg
from core.telephony.options import EndpointOptions
from core.telephony.overload import Lateness
from core.telephony.signalling import Surroundings
from core.telephony.switch import Exchange, PjSwitch
from core.telephony.trunks import Line, Lines, Transport, Trunk, TrunkMode, networks_of
from core.telephony.watchdog import Watchdog

logger = logging.getLogger(__name__)

FEW_CALLERS = 10
"""With fewer callers a process that is late has another reason, and refusing more of them would help nobody."""
IncomingHandler = Callable[[PjLeg, IncomingCall], None]
RefusedHandler = Callable[[IncomingCall, Cause, int], None]


class Engine:
    """Everything that speaks SIP in a media process. Used on the event loop."""

    def __init__(
        self,
        options: EndpointOptions,
        *,
        max_calls: int,
        rtp_timeout: float,
        confirm_timeout: float,
        on_incoming: IncomingHandler,
        on_refused: RefusedHandler = lambda invite, cause, code: None,
    ) -> None:
        """`on_incoming` gets every caller's leg; `on_refused` hears of trunks' calls that never came so far."""
        self.endpoint = Endpoint(options)
        self.lines = Lines()
        self.draining = False
        """Refuse new callers, who may try again; calls go on."""
        self.callers = 0
        """Incoming legs that have not ended."""
        self.refused = 0
        """INVITEs refused because of their source, overload or draining."""
        self._max_calls = max_calls
        self._rtp_timeout = rtp_timeout
        self._confirm_timeout = confirm_timeout
        self._on_incoming = on_incoming
        self._on_refused = on_refused
        self._accounts = Accounts(self.endpoint, self._invited)
        self._exchange: Exchange
        self._lateness = Lateness(partial(self.endpoint.do, _nothing))
        self.is_late = self._lateness.is_late
        self._probing: asyncio.Task[None]
        self.endpoint.on_rejected = partial(self.endpoint.tell, self._rejected)

    async def start(self) -> None:
        """Open the endpoint. Raises BuildProblem, TelephonyFailed."""
        await self.endpoint.start()
        await self.endpoint.do(self._set_up)
        self._probing = asyncio.create_task(self._probe())

    async def close(self) -> None:
        """Hang up everything and end."""
        await self.endpoint.close()

    async def _probe(self) -> None:
        with contextlib.suppress(TelephonyFailed):  # the endpoint was closed
            await self._lateness.run()

    def switch_for(self, journal: JournalWriter) -> PjSwitch:
        """The switch of one call; `journal` is that call's."""
        return PjSwitch(self._exchange, journal)

    def load(self) -> Load:
        """What the process carries now."""
        return self.endpoint.load()

    async def put_trunk(self, trunk: Trunk) -> None:
        """Take a trunk into use, or replace it; register when it wants that.

        Raises ValueError for a wrong address, or when no RTP ports are left for a trunk with credentials.
        """
        line = Line(trunk, await networks_of(trunk))
        await self.remove_trunk(trunk.id)
        if trunk.transport is Transport.TLS:
            await self.endpoint.do(self.endpoint.open_tls)
        if trunk.username:
            registered = partial(self.endpoint.tell, self._registered, line)
            await self.endpoint.do(self._accounts.add, line, self._accounts.reserve(trunk), registered)
        self.lines.put(line)

    async def remove_trunk(self, trunk_id: UUID) -> None:
        """Take a trunk out of use; its calls go on."""
        self.lines.remove(trunk_id)
        await self.endpoint.do(self._accounts.retire, trunk_id)

    # On the command thread.

    def _set_up(self) -> None:
        endpoint = self.endpoint
        watchdog = Watchdog(endpoint, rtp_timeout=self._rtp_timeout)
        watchdog.start()
        around = Surroundings(endpoint, watchdog, self._accounts, Silence(endpoint), self._confirm_timeout)
        self._exchange = Exchange(around, self.lines, endpoint.options.public_address or endpoint.options.sip_host)
        endpoint.at_close(self._accounts.close)
        self._accounts.open()

    # In a native thread.

    def _invited(self, account: Account, call_id: int, message: str, source: str) -> None:
        leg = PjLeg(self._exchange.around, LegRole.CALLER, incoming=True)
        leg.adopt(account, call_id)
        self.endpoint.tell(self._received, leg, message, source)

    # On the event loop.

    def _registered(self, line: Line, active: bool, code: int, reason: str) -> None:
        if line.trunk.mode is TrunkMode.REGISTRATION and active != line.registered:
            level = logging.INFO if active else logging.WARNING
            logger.log(level, "trunk %s: registration: %d %s", line.trunk.name, code, reason)
            line.registered = active

    def _received(self, leg: PjLeg, message: str, source: str) -> None:
        line = self.lines.of_source(source)
        if line is None:
            # While it starts, a process does not know its trunks yet: they are to come again.
            cause = Cause.DRAINING if self.draining else Cause.NOT_ALLOWED
            logger.warning("INVITE from %s refused: no trunk has that address", source)
            self._refuse(leg, cause)
            return
        invite = read_invite(message, source=source, trunk=line.trunk)
        leg.address = invite.caller or "anonymous"
        leg.sip_call_id = invite.sip_call_id
        busy = self.callers >= self._max_calls or line.calls >= line.trunk.max_calls
        busy = busy or (self.callers >= FEW_CALLERS and self.is_late())
        if self.draining or busy:
            cause = Cause.DRAINING if self.draining else Cause.OVERLOADED
            logger.warning("INVITE over trunk %s refused: %s, %d calls", line.trunk.name, cause, self.callers)
            self._refuse(leg, cause)
            self._on_refused(invite, cause, refusal_of_cause(cause))
            return
        self.callers += 1
        leg.when_gone(self._left)
        leg.take_line(line)
        self._on_incoming(leg, invite)

    def _rejected(self, code: int, message: str, source: str) -> None:
        """The library refused an INVITE before it became a leg: codecs that we do not have, a bad description."""
        self.refused += 1
        line = self.lines.of_source(source)
        if line is not None:
            invite = read_invite(message, source=source, trunk=line.trunk)
            self._on_refused(invite, cause_of_refusal(code), code)

    def _refuse(self, leg: PjLeg, cause: Cause) -> None:
        self.refused += 1
        leg.end(cause)

    def _left(self) -> None:
        self.callers -= 1


def _nothing() -> None:
    """The probe's work on the command thread."""
