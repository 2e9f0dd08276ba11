"""The life of a leg: its SIP dialog from INVITE to end, its state, its journal and its place on the bridge."""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

import pjsua2 as pj
from msgspec import Struct

from core.calls.events import Cause, LegAnswered, LegCreated, LegEnded, LegMediaUp, LegRinging, LegRole
from core.calls.ports import JournalWriter, LegEnding, LegGone, LegState
from core.data import uuid7
from core.telephony.accounts import Accounts
from core.telephony.audio import Silence, Terminal
from core.telephony.causes import (
    ANSWERED_ELSEWHERE,
    RETRY_AFTER,
    cause_of_hang_up,
    cause_of_loss,
    cause_of_refusal,
    refusal_of_cause,
    tries_next_trunk,
)
from core.telephony.dialog import Dialog, Progress, audio_only
from core.telephony.digits import DigitQueue
from core.telephony.endpoint import Endpoint, resolve
from core.telephony.trunks import Line
from core.telephony.watchdog import Packets, Watchdog

logger = logging.getLogger(__name__)


class Route(Struct, frozen=True):
    """One way to make an outgoing call."""

    line: Line | None
    """The trunk it takes; None: none."""
    uri: str
    identity: str
    """From: a name and a URI."""
    headers: dict[str, str]
    response_timeout: float
    """Seconds for the other side to show any sign of life."""


class Surroundings(Struct, frozen=True):
    """What all legs of an engine share."""

    endpoint: Endpoint
    watchdog: Watchdog
    accounts: Accounts
    silence: Silence
    confirm_timeout: float


class SignalledLeg:
    """One SIP dialog with its place on the bridge: the half of a leg that is signalling.

    State, digits and waiting belong to the event loop; the dialog and its terminal to the command thread;
    `on_…` methods are called in native threads and only hand over.
    """

    def __init__(self, around: Surroundings, role: LegRole, *, incoming: bool) -> None:
        self.id: UUID = uuid7()
        self.role = role
        self.state = LegState.CREATED
        self.ending: LegEnding | None = None
        self.sip_call_id = ""
        self.address = ""
        """Number or SIP address of the other side."""
        self.codec = ""
        self.held = False
        """The other side has put us on hold."""
        self.incoming = incoming
        self.line: Line | None = None
        self.terminal = Terminal(otherwise=around.silence)
        self._around = around
        self._endpoint = around.endpoint
        self._journal: JournalWriter | None = None
        self._digits = DigitQueue()
        self._changed = asyncio.Event()
        self._gone: asyncio.Future[None] = around.endpoint.loop.create_future()
        self._routes: list[Route] = []
        self._dialog: Dialog | None = None
        self._attempt = 0
        """Number of the current dialog: what an older one tells is not ours any more."""

    # ---- the protocol Leg, on the event loop

    async def until(self, state: LegState) -> LegState:
        """See Leg.until."""
        while self.state < state:
            await self._changed.wait()
        return self.state

    async def until_held(self, held: bool) -> bool:
        """See Leg.until_held."""
        while self.held is not held and self.state is not LegState.ENDED:
            await self._changed.wait()
        return self.state is not LegState.ENDED

    async def ring(self) -> None:
        """Tell the caller that it rings (180); nothing when that is past."""
        if self.state is LegState.CREATED and self.incoming:
            self._set_state(LegState.RINGING)
            await self._endpoint.do(self._respond, 180)

    async def answer(self) -> None:
        """See Leg.answer."""
        self._require()
        if self.state < LegState.ANSWERED:
            await self._endpoint.do(self._respond, 200)
            await self.until(LegState.ANSWERED)
            self._require()

    async def hang_up(self, cause: Cause = Cause.COMPLETED, *, sip_code: int = 0) -> None:
        """See Leg.hang_up. The leg is ENDED at once; BYE, CANCEL or response follow."""
        self.end(cause, sip_code)

    # ---- for switch and engine, on the event loop

    def end(self, cause: Cause, sip_code: int = 0) -> None:
        """hang_up() without waiting."""
        if self.state is LegState.ENDED:
            return
        headers: dict[str, str] = {}
        if cause is Cause.ANSWERED_ELSEWHERE:
            headers["Reason"] = ANSWERED_ELSEWHERE
        if self.incoming and self.state < LegState.ANSWERED:
            sip_code = sip_code or refusal_of_cause(cause)
            if cause in RETRY_AFTER:
                headers["Retry-After"] = RETRY_AFTER[cause]
        self._endpoint.later(self._hang_up, sip_code, headers)
        self._end(LegEnding(cause, sip_code, by_us=True))

    def when_gone(self, function: Callable[[], None]) -> None:
        """Call `function` on the event loop after the leg has ended."""
        self._gone.add_done_callback(lambda _: function())

    def keep_journal(self, created: LegCreated, journal: JournalWriter) -> None:
        """From now on write the leg's events, and those that have already been."""
        self._journal = journal
        journal.write(created)
        for state in LegState:
            if LegState.CREATED < state <= self.state:
                self._write(state)

    def call(self, routes: list[Route]) -> None:
        """Make the outgoing call over the first of `routes`, and over the next when that one fails."""
        self._routes = routes
        self._next_route()

    def refuse(self, ending: LegEnding) -> None:
        """The outgoing call cannot even be tried."""
        self._end(ending)

    def adopt(self, account: pj.Account, call_id: int) -> None:
        """Take an incoming call over; in the callback that announces it."""
        self._dialog = Dialog(self._endpoint, account, self, call_id=call_id)

    # ---- callbacks, in native threads

    def on_progress(self, dialog: Dialog, progress: Progress) -> None:
        if progress.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.terminal.lose()
        self._endpoint.tell(self._progress, dialog.number, progress)

    def on_media(self, dialog: Dialog) -> None:
        self._endpoint.later(self._renew_media)

    def on_digit(self, dialog: Dialog, digit: str) -> None:
        self._endpoint.tell(self._digits.push, digit)

    # ---- inside, on the event loop

    def _require(self) -> None:
        if self.state is LegState.ENDED:
            raise LegGone(self.ending.cause if self.ending else "ended")

    def _set_state(self, state: LegState) -> None:
        """The one place where a leg's state changes; it only goes forward."""
        if state <= self.state:
            return
        logger.debug("leg %s (%s %s): %s → %s", self.id, self.role, self.address, self.state.name, state.name)
        self.state = state
        self._write(state)
        self._tell_waiters()

    def _set_held(self, held: bool) -> None:
        self.held = held
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _write(self, state: LegState) -> None:
        if self._journal is None:
            return
        if state is LegState.RINGING:
            self._journal.write(LegRinging(leg_id=self.id))
        elif state is LegState.ANSWERED:
            self._journal.write(LegAnswered(leg_id=self.id))
        elif state is LegState.MEDIA_UP:
            self._journal.write(LegMediaUp(leg_id=self.id, codec=self.codec))
        elif state is LegState.ENDED and self.ending is not None:
            ending = self.ending
            self._journal.write(
                LegEnded(leg_id=self.id, cause=ending.cause, sip_code=ending.sip_code, detail=ending.detail)
            )

    def _end(self, ending: LegEnding) -> None:
        if self.state is LegState.ENDED:
            return
        self.ending = ending
        self._leave_line()
        self._set_state(LegState.ENDED)
        self._digits.close(str(ending.cause))
        resolve(self._gone, None)
        self._endpoint.later(self._clean_up)

    def _leave_line(self) -> None:
        if self.line is not None:
            self.line.calls -= 1
            self.line = None

    def take_line(self, line: Line | None) -> None:
        """Count this leg as a call of a trunk."""
        self._leave_line()
        self.line = line
        if line is not None:
            line.calls += 1

    def _next_route(self) -> None:
        route = self._routes.pop(0)
        self.take_line(route.line)
        self._attempt += 1
        self._endpoint.later(self._make_call, route, self._attempt)

    def _progress(self, number: int, progress: Progress) -> None:
        if number != self._attempt or self.state is LegState.ENDED:
            return
        self.sip_call_id = progress.sip_call_id
        if progress.state == pj.PJSIP_INV_STATE_EARLY and progress.code > 100 and not self.incoming:
            self._endpoint.later(self._around.watchdog.relax, self)
            self._set_state(LegState.RINGING)
        elif progress.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._endpoint.later(self._around.watchdog.await_media, self)
            self._set_state(LegState.ANSWERED)
        elif progress.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._disconnected(progress.code, progress.reason)

    def _disconnected(self, code: int, reason: str) -> None:
        """The other side, or the network, ended the dialog."""
        if self.state >= LegState.ANSWERED:
            cause = cause_of_loss(self.role, code)
        elif self.incoming:
            cause = cause_of_hang_up(self.role) if code == 487 else cause_of_refusal(code)
        else:
            rang = self.state is LegState.RINGING
            if self._routes and tries_next_trunk(code, rang):
                logger.warning("leg %s: %s fails (%d %s), trying the next trunk", self.id, self._name(), code, reason)
                self._next_route()
                return
            cause = cause_of_refusal(code, rang)
        self._end(LegEnding(cause, code, reason))

    def _name(self) -> str:
        return f"trunk {self.line.trunk.name}" if self.line else self.address

    def _overdue(self, number: int, cause: Cause) -> None:
        if number != self._attempt or self.state is LegState.ENDED:
            return
        self._endpoint.later(self._hang_up, 0, {})
        if cause is Cause.UNREACHABLE:
            self._attempt += 1  # whatever comes now from that dialog is too late
            self._disconnected(408, "no response")
        else:
            self._end(LegEnding(cause, by_us=True))

    # ---- inside, on the command thread

    def _make_call(self, route: Route, number: int) -> None:
        account = self._around.accounts.of(route.line)
        if account is None:
            self._not_made(number, "the trunk was taken out of use")
            return
        parameters = audio_only(headers=route.headers)
        parameters.txOption.localUri = route.identity
        dialog = self._dialog = Dialog(self._endpoint, account, self, number=number)
        self._around.watchdog.expect(self, route.response_timeout, Cause.UNREACHABLE)
        try:
            dialog.makeCall(route.uri, parameters)
        except pj.Error as error:
            self._dialog = None
            self._endpoint.release(dialog)
            self._not_made(number, error.reason)

    def _not_made(self, number: int, reason: str) -> None:
        self._around.watchdog.relax(self)
        self._endpoint.tell(self._progress, number, Progress(pj.PJSIP_INV_STATE_DISCONNECTED, 503, reason, ""))

    def _respond(self, code: int) -> None:
        if self._dialog is None:
            return
        if code == 200:
            self._around.watchdog.expect(self, self._around.confirm_timeout, Cause.NOT_CONFIRMED)
        try:
            self._dialog.answer(audio_only(code))
        except pj.Error as error:  # it ended meanwhile: DISCONNECTED is on its way, else the watchdog ends it
            logger.debug("leg %s: no %d: %s", self.id, code, error.reason)

    def _hang_up(self, code: int, headers: dict[str, str]) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is None:
            return
        try:
            dialog.hangup(audio_only(code, headers))
        except pj.Error as error:
            logger.debug("leg %s: not hung up: %s", self.id, error.reason)

    def _clean_up(self) -> None:
        self._around.watchdog.forget(self)
        self.terminal.leave()
        self._dialog = None

    def _renew_media(self) -> None:
        """The library set up or changed the audio: after answer, early media, hold, resume."""
        if self._dialog is None:
            return
        try:
            self._take_media(self._dialog)
        except pj.Error as error:  # it ended meanwhile: DISCONNECTED is on its way
            logger.debug("leg %s: no audio to renew: %s", self.id, error.reason)

    def _take_media(self, dialog: Dialog) -> None:
        info = dialog.getInfo()  # kept: its media live inside it
        for medium in info.media:
            if medium.type == pj.PJMEDIA_TYPE_AUDIO:
                self._endpoint.tell(self._set_held, medium.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
                if medium.status == pj.PJSUA_CALL_MEDIA_ERROR:
                    self.overdue(Cause.INCOMPATIBLE_MEDIA)
                if medium.audioConfSlot == pj.PJSUA_INVALID_ID:
                    self.terminal.renew(None)
                else:
                    self.terminal.renew(dialog.getAudioMedia(medium.index))
                return

    # ---- for the watchdog, on the command thread

    def packets(self) -> Packets | None:
        """See Watched.packets."""
        if self._dialog is None or self.ending is not None:
            return None
        try:
            statistics = self._dialog.getStreamStat(0)  # kept: its parts live inside it
            return Packets(int(statistics.rtcp.rxStat.pkt), int(statistics.rtcp.txStat.pkt))
        except pj.Error:  # no stream now: on hold, or the dialog has just ended
            return Packets(0, 0)

    def heard(self) -> None:
        """See Watched.heard."""
        try:
            codec = self._dialog.getStreamInfo(0).codecName if self._dialog else ""
        except pj.Error:  # it has just ended
            return
        self._endpoint.tell(self._media_up, codec)

    def _media_up(self, codec: str) -> None:
        self.codec = codec
        self._set_state(LegState.MEDIA_UP)

    def overdue(self, cause: Cause) -> None:
        """See Watched.overdue."""
        self._endpoint.tell(self._overdue, self._attempt, cause)
