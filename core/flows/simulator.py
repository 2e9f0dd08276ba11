"""A call in virtual time: a scripted caller, prompts of computed length, given outcomes of queues."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Never
from uuid import UUID

from msgspec import Struct

from core.api.calls import (
    CallerHungUp,
    DialOutcome,
    Digits,
    Prompt,
    QueueExit,
    QueuePlacement,
    QueueResult,
    Recording,
    Seconds,
)
from core.calls.events import (
    HIDDEN_DIGIT,
    CallAnswered,
    CallEnded,
    Cause,
    CounterPassed,
    DigitsCollected,
    HoursAsked,
    PromptEnded,
    PromptStarted,
    RecordingEnded,
    VipPassed,
)

LETTERS_A_SECOND = 14.0
"""Speed of a spoken text."""
SOUND_SECONDS = 4.0
"""Length of a stored sound, which a simulation does not open."""
CALL, TENANT = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Press(Struct, frozen=True):
    """The caller presses a key, `at` seconds after the call came in."""

    at: float
    digit: str


class Stay(Struct, frozen=True):
    """How one stay in a queue goes: seconds until its result, of waiting and talking."""

    seconds: float
    result: QueueResult


class Try(Struct, frozen=True):
    """How one attempt to reach a number goes: seconds until its outcome, of ringing and talking."""

    seconds: float
    outcome: DialOutcome


class Script(Struct, frozen=True, kw_only=True):
    """What the caller and the world do. Stays and tries are used in order; the last serves all later ones."""

    presses: tuple[Press, ...] = ()
    hang_up_at: float | None = None
    """Seconds after the call came in; None: the caller stays."""
    hang_up_in_wait: int | None = None
    """The caller hangs up in the n-th method that waits, counted from 0, half-way through it."""
    stays: tuple[Stay, ...] = (Stay(60.0, QueueResult(QueueExit.ANSWERED)),)
    tries: tuple[Try, ...] = (Try(60.0, DialOutcome.ANSWERED),)
    opening: Mapping[UUID, str] = {}
    """Opening hours → the category that holds; others are closed."""
    speaks_seconds: float = 10.0
    """How long the caller speaks into a recording."""


SILENT_CALLER = Script()
"""A caller who only listens, and a world in which everybody answers."""


class Recorded(Struct, frozen=True):
    """A journal event and the seconds after the call came in."""

    at: float
    data: Struct


class SimulatedCall:
    """A FlowCall in virtual time, and the JournalWriter of its events. Nothing in it waits for real."""

    def __init__(
        self,
        script: Script = SILENT_CALLER,
        *,
        call_id: UUID = CALL,
        tenant_id: UUID = TENANT,
        caller: str = "+4791234567",
        dialled: str = "+4722334455",
        language: str = "en",
        started: datetime = NOON,
    ) -> None:
        self.script = script
        self.call_id = call_id
        self.tenant_id = tenant_id
        self.caller = caller
        self.dialled = dialled
        self.language = language
        self.started = started
        self.variables: dict[str, str] = {}
        self.elapsed = 0.0
        """Seconds since the call came in."""
        self.waits = 0
        """How many methods that wait have been called."""
        self.answered = False
        self.cause: Cause | None = None
        """Why the call ended; None while it goes on."""
        self.journal: list[Recorded] = []
        self.played: list[Prompt] = []
        self.placements: list[QueuePlacement] = []
        self.numbers: list[str] = []
        self._keys = sorted(script.presses, key=lambda press: press.at)
        self._tries = list(script.tries)
        self._stays = list(script.stays)

    def write(self, data: Struct) -> None:
        """Append an event to the journal."""
        self.journal.append(Recorded(self.elapsed, data))

    def now(self) -> datetime:
        """The virtual time, UTC."""
        return self.started + timedelta(seconds=self.elapsed)

    def opening(self, schedule: UUID) -> str:
        """As the script says."""
        category = self.script.opening.get(schedule, "closed")
        self.write(HoursAsked(schedule_id=schedule, name="", category=category))
        return category

    def count(self, name: str) -> None:
        """Journaled."""
        self.write(CounterPassed(name=name))

    def speak(self, language: str) -> None:
        """The language of the call from now on."""
        self.language = language

    def on_vip_list(
        self, list_id: UUID, name: str, *, service_level_seconds: int | None = None, blocked: bool = False
    ) -> None:
        """Journaled."""
        self.write(VipPassed(list_id=list_id, name=name, service_level_seconds=service_level_seconds, blocked=blocked))

    async def answer(self) -> None:
        """Answered at once, unless the caller is gone."""
        self._spend(0.0)
        if not self.answered:
            self.answered = True
            self.write(CallAnswered())

    async def play(self, prompts: Sequence[Prompt], *, interrupt: Digits = "") -> str:
        """Takes as long as the prompts, or until a key of `interrupt`."""
        return self._listen(prompts, interrupt)

    async def collect(
        self,
        *,
        max_digits: int,
        first_timeout: Seconds,
        next_timeout: Seconds = 3.0,
        terminator: Digits = "#",
        prompts: Sequence[Prompt] = (),
        secret: bool = False,
    ) -> str:
        """The script's presses, as CallControl.collect takes them: those pressed earlier come first."""
        digit = self._listen(prompts, "0123456789*#ABCD", secret=secret) or self._key(first_timeout)
        digits = ""
        while digit and not (terminator and digit in terminator):
            digits += digit
            digit = self._key(next_timeout) if len(digits) < max_digits else ""
        self.write(DigitsCollected(digits=HIDDEN_DIGIT * len(digits) if secret else digits))
        return digits

    async def dial(self, number: str, *, ring_seconds: int = 45) -> DialOutcome:
        """The next of the script's tries; nobody rings longer than `ring_seconds`."""
        self.numbers.append(number)
        attempt = self._tries.pop(0) if len(self._tries) > 1 else self._tries[0]
        if attempt.outcome is DialOutcome.ANSWERED:
            self._spend(attempt.seconds)
        else:
            self._spend(min(attempt.seconds, float(ring_seconds)))
        return attempt.outcome

    async def enqueue(self, placement: QueuePlacement) -> QueueResult:
        """The next of the script's stays; a timeout comes after the placement's own time."""
        self.placements.append(placement)
        stay = self._stays.pop(0) if len(self._stays) > 1 else self._stays[0]
        self._spend(placement.total_seconds if stay.result.exit is QueueExit.TIMEOUT else stay.seconds)
        return stay.result

    async def record(self, *, max_seconds: Seconds, silence_seconds: Seconds = 5.0, stop: Digits = "#") -> Recording:
        """As long as the caller speaks, or until a stop key."""
        began = self.elapsed
        if not self._next_key(min(self.script.speaks_seconds + silence_seconds, max_seconds), stop):
            recorded = min(self.script.speaks_seconds, max_seconds)
        else:
            recorded = self.elapsed - began
        self.write(RecordingEnded(key="simulated", seconds=recorded))
        return Recording("simulated", recorded)

    async def hang_up(self) -> None:
        """End the call by the flow's wish."""
        await self.end(Cause.COMPLETED)

    async def end(self, cause: Cause, detail: str = "") -> None:
        """End the call; the first cause stands."""
        if self.cause is None:
            self.cause = cause
            self.write(CallEnded(cause=cause, detail=detail))

    def _listen(self, prompts: Sequence[Prompt], interrupt: str, *, secret: bool = False) -> str:
        if not prompts:
            return ""
        self.write(PromptStarted(what=" ".join(prompt.text or str(prompt.sound) for prompt in prompts)))
        digit = ""
        for prompt in prompts:
            self.played.append(prompt)
            digit = self._next_key(len(prompt.text) / LETTERS_A_SECOND if prompt.text else SOUND_SECONDS, interrupt)
            if digit:
                break
        self.write(PromptEnded(interrupted_by=HIDDEN_DIGIT * len(digit) if secret else digit))
        return digit

    def _key(self, seconds: float) -> str:
        return self._next_key(seconds, "0123456789*#ABCD")

    def _next_key(self, seconds: float, wanted: str) -> str:
        """Wait for one of the wanted keys; one pressed earlier is taken at once. "" after `seconds`."""
        for press in self._keys:
            if press.digit in wanted and press.at <= self.elapsed + seconds:
                self._spend(max(0.0, press.at - self.elapsed))
                self._keys.remove(press)
                return press.digit
        self._spend(seconds)
        return ""

    def _spend(self, seconds: float) -> None:
        """Let time pass; the caller may hang up meanwhile."""
        wait, self.waits = self.waits, self.waits + 1
        until = self.elapsed + seconds
        if self.cause is not None:
            raise CallerHungUp
        if wait == self.script.hang_up_in_wait:
            self._gone(self.elapsed + seconds / 2)
        if self.script.hang_up_at is not None and self.script.hang_up_at <= until:
            self._gone(max(self.elapsed, self.script.hang_up_at))
        self.elapsed = until

    def _gone(self, at: float) -> Never:
        self.elapsed = at
        self.cause = Cause.CALLER_HUNG_UP
        self.write(CallEnded(cause=Cause.CALLER_HUNG_UP))
        raise CallerHungUp
