"""One caller's call in a media process: runs its flow, and is the CallControl that the elements use."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from core.api.calls import (
    CallerHungUp,
    DialOutcome,
    Prompt,
    QueueExit,
    QueuePlacement,
    QueueResult,
    Recording,
)
from core.calls.events import (
    HIDDEN_DIGIT,
    CallAnswered,
    CallEnded,
    Cause,
    CounterPassed,
    DigitsCollected,
    Entry,
    HoursAsked,
    LegRole,
    PartKind,
    PartStarted,
    PromptEnded,
    PromptStarted,
    RecordingEnded,
    VipPassed,
)
from core.calls.ports import Address, Dial, JournalWriter, Leg, LegGone, LegState, Switch
from core.data import tenant, uuid7
from core.flows.interpreter import run_flow
from core.flows.versions import LINKED
from core.queues.talk import talk
from core.queues.visit import QueuedCall, stay
from core.telephony.invite import IncomingCall
from core.telephony.ring import ring
from core.telephony.routing import Route
from core.telephony.services import MediaServices

log = logging.getLogger(__name__)

ALL_DIGITS = "0123456789*#ABCD"

OUTCOMES = {
    Cause.BUSY: DialOutcome.BUSY,
    Cause.NO_ANSWER: DialOutcome.NO_ANSWER,
    Cause.REJECTED: DialOutcome.REJECTED,
    Cause.NOT_ALLOWED: DialOutcome.NOT_ALLOWED,
}
"""What an outside leg's end means for the flow; every other cause: UNREACHABLE."""


class CallSession:
    """Implements core.api.calls.CallControl with real legs. One asyncio task runs it."""

    def __init__(
        self,
        leg: Leg,
        invite: IncomingCall,
        route: Route,
        switch: Switch,
        journal: JournalWriter,
        services: MediaServices,
        call_id: UUID,
    ) -> None:
        self._leg = leg
        self._invite = invite
        self._route = route
        self._switch = switch
        self._journal = journal
        self._services = services
        self._call_id = call_id
        self._sounds = services.library.of(route.tenant_id)
        self._language = route.language
        self._end = (Cause.COMPLETED, "")
        self._left_queue: UUID | None = None
        """The queue that the caller left last without an answer."""
        self._service_level: int | None = None
        """What a VIP list that the call passed wants of the queues that follow (VIP-3)."""
        self._other_hung_up = False
        """The last conversation ended on the other side."""
        self.variables: dict[str, str] = {}

    @property
    def call_id(self) -> UUID:
        return self._call_id

    @property
    def tenant_id(self) -> UUID:
        return self._route.tenant_id

    @property
    def caller(self) -> str:
        return self._invite.caller

    @property
    def dialled(self) -> str:
        return self._invite.dialled

    @property
    def language(self) -> str:
        return self._language

    def now(self) -> datetime:
        return datetime.now(UTC)

    def opening(self, schedule: UUID) -> str:
        found = self._services.hours.now(self.tenant_id, schedule, self.now())
        self._journal.write(
            HoursAsked(
                schedule_id=schedule,
                name=found.name,
                category=found.category,
                why=found.why,
                problem=found.problem,
            )
        )
        return found.category

    def count(self, name: str) -> None:
        self._journal.write(CounterPassed(name=name))

    def speak(self, language: str) -> None:
        self._language = language

    def on_vip_list(
        self, list_id: UUID, name: str, *, service_level_seconds: int | None = None, blocked: bool = False
    ) -> None:
        self._journal.write(
            VipPassed(list_id=list_id, name=name, service_level_seconds=service_level_seconds, blocked=blocked)
        )
        self._service_level = service_level_seconds or self._service_level

    # -- the call as a whole --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run the flow of the dialled number to its end. Never raises, whatever caller or flow do."""
        try:
            cause, detail = await self._run_flow()
        except asyncio.CancelledError:
            await self._leg.hang_up(Cause.DRAINING)
            self._journal.write(CallEnded(cause=Cause.DRAINING, detail="the media process is stopping"))
            raise
        except Exception as error:  # a fault of ours must still end the call in a defined way
            log.exception("call %s failed", self._call_id)
            cause, detail = Cause.FAILED, f"{type(error).__name__}: {error}"
        await self._leg.hang_up(cause)
        ending = self._leg.ending
        self._journal.write(CallEnded(cause=cause, sip_code=ending.sip_code if ending else 0, detail=detail))

    async def _run_flow(self) -> tuple[Cause, str]:
        if self._route.published is None:
            return Cause.NO_FLOW, f"no flow is published for {self._invite.dialled}"
        try:
            with tenant(self.tenant_id):  # in which plugins' elements read their tables
                elements = self._services.elements(self.tenant_id)
                await run_flow(self._route.published, self, self._journal, elements, LINKED.of)
        except CallerHungUp:
            ending = self._leg.ending
            return (ending.cause, ending.detail) if ending else (Cause.CALLER_HUNG_UP, "")
        return self._end

    # -- CallControl ----------------------------------------------------------------------------------------

    async def answer(self) -> None:
        if self._leg.state >= LegState.ANSWERED:
            if self._leg.state is LegState.ENDED:
                raise CallerHungUp
            return
        async with _caller():
            await self._leg.answer()
        self._journal.write(CallAnswered())

    async def play(self, prompts: Sequence[Prompt], *, interrupt: str = "") -> str:
        return await self._play(prompts, interrupt)

    async def _play(self, prompts: Sequence[Prompt], interrupt: str, *, secret: bool = False) -> str:
        await self.answer()
        files = await self._sounds.render(prompts, self.language)
        self._journal.write(PromptStarted(what=" ".join(prompt.text or f"♪ {prompt.sound}" for prompt in prompts)))
        async with _caller():
            digit = await self._leg.play(files, interrupt=interrupt)
        self._journal.write(PromptEnded(interrupted_by=HIDDEN_DIGIT * len(digit) if secret else digit))
        return digit

    async def collect(
        self,
        *,
        max_digits: int,
        first_timeout: float,
        next_timeout: float = 3.0,
        terminator: str = "#",
        prompts: Sequence[Prompt] = (),
        secret: bool = False,
    ) -> str:
        await self.answer()
        digits = await self._play(prompts, ALL_DIGITS, secret=secret) if prompts else ""
        while digits[-1:] not in tuple(terminator) and len(digits) < max_digits:
            try:
                async with asyncio.timeout(next_timeout if digits else first_timeout), _caller():
                    digits += await self._leg.digit()
            except TimeoutError:
                break
        digits = digits.rstrip(terminator)
        self._journal.write(DigitsCollected(digits=HIDDEN_DIGIT * len(digits) if secret else digits))
        return digits

    async def dial(self, number: str, *, ring_seconds: int = 45) -> DialOutcome:
        await self.answer()
        leg = await self._switch.dial(
            Dial(
                tenant_id=self.tenant_id,
                call_id=self._call_id,
                role=LegRole.OUTSIDE,
                address=Address("number", number),
                presentation=self._invite.dialled,
            )
        )
        try:
            if not await self._ring(leg, ring_seconds):
                return OUTCOMES.get(leg.ending.cause, DialOutcome.UNREACHABLE) if leg.ending else DialOutcome.NO_ANSWER
            await self._talk(leg, number)
            self._other_hung_up = True
            return DialOutcome.ANSWERED
        finally:
            await leg.hang_up(Cause.CANCELLED if leg.state < LegState.ANSWERED else Cause.COMPLETED)

    async def enqueue(self, placement: QueuePlacement) -> QueueResult:
        await self.answer()
        call = QueuedCall(
            tenant_id=self.tenant_id,
            call_id=self._call_id,
            leg=self._leg,
            journal=self._journal,
            caller=self._invite.caller,
            caller_name=self._invite.display_name,
            language=self.language,
            entry=Entry.TIMEOUT_FROM_QUEUE if self._left_queue else Entry.DIRECT,
            from_queue_id=self._left_queue,
            service_level_seconds=self._service_level,
        )
        services = self._services
        async with _caller():
            result = await stay(
                call, placement, distributor=services.distributor, switch=self._switch, sounds=self._sounds
            )
        self._left_queue = placement.queue
        self._other_hung_up = result.exit is QueueExit.ANSWERED
        return result

    async def record(self, *, max_seconds: float, silence_seconds: float = 5.0, stop: str = "#") -> Recording:
        await self.answer()
        key = f"{self.tenant_id}/{self.now():%Y-%m}/{uuid7()}.wav"
        file = self._services.recordings / key
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        async with _caller():
            seconds = await self._leg.record(file, max_seconds=max_seconds, silence_seconds=silence_seconds, stop=stop)
        self._journal.write(RecordingEnded(key=key, seconds=seconds))
        return Recording(key, seconds)

    async def hang_up(self) -> None:
        await self.end(Cause.COMPLETED)

    async def end(self, cause: Cause, detail: str = "") -> None:
        """End the call for a reason that the flow knows; see core.flows.interpreter.FlowCall."""
        if self._leg.state is not LegState.ENDED:
            ends_talk = cause is Cause.COMPLETED and self._other_hung_up
            self._end = (Cause.AGENT_HUNG_UP if ends_talk else cause, detail)
            await self._leg.hang_up(cause)

    # -- talking with an outside number ---------------------------------------------------------------------

    async def _ring(self, leg: Leg, seconds: int) -> bool:
        """Ring while the caller hears the ringback tone; True when there is audio from the other side."""
        async with _caller():
            return await ring(leg, self._leg, tone=self._sounds.ringback(), seconds=seconds)

    async def _talk(self, leg: Leg, number: str) -> None:
        """Both talk until one of them hangs up."""
        try:
            await self._switch.bridge(self._leg, leg)
        except LegGone:
            return
        part = PartStarted(part_id=uuid7(), kind=PartKind.OUTSIDE, leg_id=leg.id, number=number)
        await talk(self._leg, leg, part, journal=self._journal, switch=self._switch, music=self._sounds.music())
        if self._leg.state is LegState.ENDED:
            raise CallerHungUp


@asynccontextmanager
async def _caller() -> AsyncIterator[None]:
    """The caller's leg going away is, for an element, the caller hanging up."""
    try:
        yield
    except LegGone:
        raise CallerHungUp from None
