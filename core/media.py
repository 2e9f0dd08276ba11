"""A media process: opens everything a call needs, takes calls, and stops without cutting anybody off."""

import asyncio
import fcntl
import gc
import logging
import os
import secrets
import socket
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from core.api.calls import Prompt
from core.api.speech import TextToSpeech
from core.audio.cache import PromptCache
from core.audio.library import SoundLibrary
from core.audio.speech import EspeakNg
from core.audio.voices import Voices
from core.calls.confirm import Confirmer
from core.calls.control import Command, Drain, HangUp, MakeCall, serve
from core.calls.events import PLATFORM_TENANT, CallEnded, CallStarted, Cause, Direction
from core.calls.journal import CallJournal, utc_now
from core.calls.publisher import Publisher
from core.calls.recovery import close_live, close_spooled
from core.calls.spool import Spool
from core.config import Settings
from core.data import uuid7
from core.data.kept import kept_text
from core.flows.apology import apology
from core.flows.elements import TenantElements
from core.flows.prompts import prompts_of
from core.host.lifespan import lifespans
from core.host.service import follow_modules, load_gate
from core.queues.distributor import Distributor
from core.schedules.current import OpeningHours
from core.telephony.endpoint import TelephonyFailed
from core.telephony.engine import Engine
from core.telephony.invite import IncomingCall
from core.telephony.legs import PjLeg
from core.telephony.limits import TollGuard
from core.telephony.made_call import MadeCall
from core.telephony.options import EndpointOptions
from core.telephony.outgoing import GuardedSwitch
from core.telephony.presence import Announcement, announce
from core.telephony.routing import Route, Routing
from core.telephony.services import MediaServices
from core.telephony.session import CallSession
from core.telephony.trunks import Trunk
from core.wiring import Installation, folder_of, open_installation

log = logging.getLogger(__name__)

CLOCK_RATE = 8000
"""Of the conference bridge: telephone trunks speak G.711, so nothing has to be resampled."""
TRUNK_RETRY_SECONDS = 15.0
"""A trunk whose host could not be looked up is tried again after so long: at the start the network may be late."""
WARM_SECONDS = 10.0
"""At the start, prompts that are not on the disk yet are waited for so long at most."""
LEGS_A_CALL = 3
"""The caller, who talks, and members who ring."""
MACHINE = "machine.id"
"""File in the data folder that tells this machine from others of its host name; no backup has it."""


async def run_media(settings: Settings, number: int) -> None:
    """Run the `number`th media process of this machine until it is told to stop."""
    async with open_installation(settings) as installation:
        await MediaProcess(installation, number).run()


class MediaProcess:
    """Owns the engine, the journal's way out and the sessions of all calls in this process."""

    def __init__(self, installation: Installation, number: int) -> None:
        media = installation.settings.media
        folder = folder_of(installation.settings)
        self.name = f"{socket.gethostname()}-{kept_text(folder / MACHINE, _new_machine)}-{number}"
        self._installation = installation
        self._publisher = Publisher(installation.redis)
        self._spool_folder = folder / "spool" / f"media{number}"  # whatever the host is called by then
        self._spool = Spool(self._spool_folder)
        self._guard = TollGuard(installation.redis)
        self._calls: dict[UUID, asyncio.Task[None]] = {}
        self._sessions: dict[UUID, CallSession | MadeCall] = {}
        self._trunks: dict[UUID, Trunk] = {}
        self._unused: dict[UUID, Trunk] = {}
        """Those of them that are to be tried again."""
        self._changing_trunks = asyncio.Lock()
        self._warming: dict[UUID, asyncio.Task[None]] = {}
        """Prompts that are being made, by tenant."""
        self._elements = TenantElements(installation.registry, installation.gate)
        self._stop = asyncio.Event()
        self._engine = Engine(
            _endpoint_options(installation.settings, number, self.name),
            max_calls=media.max_calls,
            rtp_timeout=media.rtp_timeout,
            confirm_timeout=media.confirm_timeout,
            on_incoming=self._incoming,
            on_refused=self._refused,
        )
        self._library = SoundLibrary(
            PromptCache(folder / "prompts", rate=CLOCK_RATE), Voices([EspeakNg()], self._speech)
        )
        self._routing = Routing(installation.database, self._prepare_prompts, self._use_trunks)
        self._services = MediaServices(
            name=self.name,
            library=self._library,
            distributor=Distributor(installation.redis, self.name, self._routing.queue),
            hours=OpeningHours(self._routing.schedule),
            elements=self._elements.of,
            recordings=folder / "recordings",
        )

    async def run(self) -> None:
        """Take calls until cancelled or drained; then let the last ones end.

        Raises RuntimeError when a process of this number works with the same folder already.
        """
        redis = self._installation.redis
        async with AsyncExitStack() as stack:
            stack.enter_context(_alone(self._spool_folder))
            close_spooled(self._spool, self._publisher)
            await close_live(redis, self.name, utc_now())  # what a lost spool folder would have told
            await self._library.prepare()
            await stack.enter_async_context(lifespans(self._installation.registry, "media"))
            for work in (
                self._publisher.run(),
                Confirmer(self._spool, self._publisher).run(),
                self._guard.run(),
                follow_modules(redis, self._installation.gate),
            ):
                _background(stack, work)
            await stack.enter_async_context(self._services.distributor)
            self._engine.draining = True  # until it is known who may call in and where calls go
            await self._engine.start()
            stack.push_async_callback(self._engine.close)
            await load_gate(self._installation.gate)  # before the routing, which asks for plugins' elements
            await self._routing.load()
            try:
                self._engine.draining = False
                if self._warming:
                    await asyncio.wait(list(self._warming.values()), timeout=WARM_SECONDS)
                _background(stack, self._routing.follow())
                _background(stack, self._retry_trunks())
                _background(stack, serve(redis, self.name, self._carry_out, clock=time.time))
                _background(stack, announce(redis, self._announcement))
                log.info("takes calls at %s", self._announcement().sip_address)
                gc.collect()
                gc.freeze()  # what lives as long as the process is not looked through again: that would stop all calls
                await self._stop.wait()
            finally:
                await self._drain()

    async def _drain(self) -> None:
        """Take no more calls, let those that go on end, and end what is left when time is up or it is told again."""
        self._engine.draining = True
        try:
            await self._last_calls(self._installation.settings.media.drain_seconds)
        except asyncio.CancelledError:
            log.warning("told to stop a second time: ends %d calls now", len(self._calls))
        for task in self._calls.values():
            task.cancel()
        await asyncio.gather(*self._calls.values(), return_exceptions=True)
        try:
            async with asyncio.timeout(2):
                await self._publisher.drained()
        except TimeoutError:
            log.warning("some events are still in the spool; they are sent at the next start")

    async def _last_calls(self, seconds: float) -> None:
        """Wait until the calls that go on are over, with what is to be done after them, or the time is up."""
        began = time.monotonic()
        if self._calls:
            log.info("stops when %d calls are over, in %g s at the latest", len(self._calls), seconds)
            await asyncio.wait(self._calls.values(), timeout=seconds)
        await self._services.distributor.settled(seconds - (time.monotonic() - began))

    # -- calls -----------------------------------------------------------------------------------------------

    def _incoming(self, leg: PjLeg, invite: IncomingCall) -> None:
        call_id = uuid7()
        task = asyncio.create_task(self._serve(leg, invite, call_id), name=f"call {call_id}")
        self._calls[call_id] = task
        task.add_done_callback(lambda _: self._calls.pop(call_id, None))

    def _refused(self, invite: IncomingCall, cause: Cause, code: int) -> None:
        """Journal a caller who could not be served at all: no codec in common, or a description that is none."""
        if cause not in (Cause.DRAINING, Cause.OVERLOADED):  # another process takes those: they are calls there
            _, journal = self._begin(invite, uuid7())
            journal.write(CallEnded(cause=cause, sip_code=code))

    def _begin(self, invite: IncomingCall, call_id: UUID) -> tuple[Route | None, CallJournal]:
        """Where a call goes, and its journal, begun."""
        route = self._routing.route(invite.dialled)
        journal = CallJournal(route.tenant_id if route else PLATFORM_TENANT, call_id, self._spool, self._publisher)
        journal.write(
            CallStarted(
                direction=Direction.IN,
                caller=invite.caller,
                caller_name=invite.display_name,
                dialled=invite.dialled,
                media=self.name,
                main_number_id=route.main_number_id if route else None,
            )
        )
        return route, journal

    async def _serve(self, leg: PjLeg, invite: IncomingCall, call_id: UUID) -> None:
        try:
            await self._run_call(leg, invite, call_id)
        except Exception:  # a session ends its call in any case, so this is one that never began
            log.exception("call %s could not be taken", call_id)
        finally:
            leg.end(Cause.FAILED)  # nothing when it has ended

    async def _run_call(self, leg: PjLeg, invite: IncomingCall, call_id: UUID) -> None:
        route, journal = self._begin(invite, call_id)
        switch = self._engine.switch_for(journal)
        switch.adopt(leg)
        if route is None:
            await leg.hang_up(Cause.UNKNOWN_NUMBER)
            journal.write(CallEnded(cause=Cause.UNKNOWN_NUMBER, sip_code=404))
            return
        guarded = GuardedSwitch(
            switch, self._guard, self._routing, region=route.region, policy=route.policy, caller=invite.caller
        )
        session = CallSession(leg, invite, route, guarded, journal, self._services, call_id)
        self._sessions[call_id] = session
        try:
            await session.run()
        finally:
            del self._sessions[call_id]

    def _make(self, wanted: MakeCall) -> str:
        """Begin a call that somebody here makes; returns why not, or "". She shows a number of her company (PRF-4)."""
        route = self._routing.route(wanted.presentation)
        if route is None or route.tenant_id != wanted.tenant_id:
            return f"{wanted.presentation} is not a number of the company"
        if self._engine.draining:
            return "this media process is stopping"
        task = asyncio.create_task(self._run_made(wanted, route), name=f"call {wanted.call_id}")
        self._calls[wanted.call_id] = task
        task.add_done_callback(lambda _: self._calls.pop(wanted.call_id, None))
        return ""

    async def _run_made(self, wanted: MakeCall, route: Route) -> None:
        journal = CallJournal(wanted.tenant_id, wanted.call_id, self._spool, self._publisher)
        journal.write(
            CallStarted(
                direction=Direction.OUT,
                caller=wanted.presentation,
                dialled=wanted.number,
                media=self.name,
                main_number_id=route.main_number_id,
                person_id=wanted.person_id,
                person=wanted.person,
            )
        )
        switch = GuardedSwitch(
            self._engine.switch_for(journal),
            self._guard,
            self._routing,
            region=route.region,
            policy=route.policy,
            caller=wanted.presentation,
        )
        call = MadeCall(wanted, switch, journal, self._services)
        self._sessions[wanted.call_id] = call
        try:
            await call.run()
        finally:
            del self._sessions[wanted.call_id]

    async def _use_trunks(self, trunks: list[Trunk]) -> None:
        """Take exactly these trunks into use; one that cannot be used costs only itself."""
        async with self._changing_trunks:
            for trunk_id in self._trunks.keys() - {trunk.id for trunk in trunks}:
                del self._trunks[trunk_id]
                self._unused.pop(trunk_id, None)
                await self._engine.remove_trunk(trunk_id)
            for trunk in trunks:
                if self._trunks.get(trunk.id) != trunk:
                    self._trunks[trunk.id] = trunk
                    await self._use_trunk(trunk)

    async def _use_trunk(self, trunk: Trunk) -> None:
        self._unused.pop(trunk.id, None)
        try:
            await self._engine.put_trunk(trunk)
        except ValueError as error:
            log.error("a trunk cannot be used now: %s", error)
            self._unused[trunk.id] = trunk
        except TelephonyFailed as error:  # its username or host is nothing that SIP can carry: no use in trying again
            log.error("trunk %s cannot be used: %s", trunk.name, error)

    async def _retry_trunks(self) -> None:
        """Try again for ever what could not be used."""
        while True:
            await asyncio.sleep(TRUNK_RETRY_SECONDS)
            async with self._changing_trunks:
                for trunk in list(self._unused.values()):
                    await self._use_trunk(trunk)

    async def _prepare_prompts(self, tenant_id: UUID, routes: list[Route]) -> None:
        """Render what a tenant's flows say before a caller has to wait for it; changed sounds are looked up again.

        Beside the routing: a voice that is slow, or away, keeps nobody's changes from taking effect.
        """
        self._library.forget(tenant_id)
        if earlier := self._warming.get(tenant_id):
            earlier.cancel()
        self._warming[tenant_id] = task = asyncio.create_task(self._warm(tenant_id, routes))
        task.add_done_callback(partial(self._warmed, tenant_id))

    def _warmed(self, tenant_id: UUID, task: asyncio.Task[None]) -> None:
        if self._warming.get(tenant_id) is task:
            del self._warming[tenant_id]
        _tell_if_failed(task)

    async def _warm(self, tenant_id: UUID, routes: list[Route]) -> None:
        sounds, elements = self._library.of(tenant_id), self._elements.of(tenant_id)
        for route in routes:
            if route.published is not None:
                prompts = [*prompts_of(route.published.document, elements), Prompt(text=apology(route.language))]
                await sounds.warm(prompts, route.language)

    def _speech(self, tenant_id: UUID) -> list[TextToSpeech]:
        """The text-to-speech providers of the plugins that the tenant has on."""
        return self._installation.registry.speech(self._installation.gate.plugins(tenant_id))

    async def _carry_out(self, command: Command) -> str:
        match command:
            case Drain():
                self._stop.set()
            case MakeCall() as wanted:
                return self._make(wanted)
            case HangUp(call_id=call_id):
                session = self._sessions.get(call_id)
                if session is None:
                    return f"call {call_id} is over"
                await session.end(Cause.COMPLETED, "ended by a command")
        return ""

    def _announcement(self) -> Announcement:
        load, settings = self._engine.load(), self._installation.settings.media
        return Announcement(
            name=self.name,
            pid=os.getpid(),
            sip_address=f"{settings.public_address or settings.sip_host}:{self._engine.endpoint.sip_port}",
            calls=len(self._calls),
            legs=load.legs,
            max_calls=settings.max_calls,
            draining=self._engine.draining,
            at=time.time(),
            callback_errors=load.callback_errors,
        )


def _endpoint_options(settings: Settings, number: int, name: str) -> EndpointOptions:
    media = settings.media
    return EndpointOptions(
        name=name,
        sip_host=media.sip_host,
        sip_port=media.sip_port + number - 1 if media.sip_port else 0,
        public_address=media.public_address or media.sip_host,
        rtp_port=media.rtp_port + (number - 1) * media.rtp_ports,
        rtp_ports=media.rtp_ports,
        max_legs=media.max_calls * LEGS_A_CALL,
        clock_rate=CLOCK_RATE,
        worker_threads=media.worker_threads,
    )


def _new_machine() -> str:
    return secrets.token_hex(4)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A second process with the same spool would end the calls of the first one in the journal."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeError(f"a media process works with {folder} already: give this one another --number") from None
        yield


def _background(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until the stack is left."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell_if_failed)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _tell_if_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of this media process has failed; restart it: %s", task, exc_info=task.exception())
