"""For the tests of plugins: a call that does what a test says, without telephony, database or time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

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

CALL, TENANT = UUID(int=1), UUID(int=2)
SPOKEN_SECONDS = 3.0
"""How long the caller speaks into a recording."""


class ScriptedCall:
    """A CallControl for tests of elements.

    The caller presses `keys`, one after the other, whenever a key can be pressed. `queued` and `dialled_out` are how
    stays in queues and calls to outside numbers end, in order; the last one serves all later ones. `hang_up_at`: the
    caller hangs up in the n-th method that waits, counted from 0; None: stays. `opening`: the category that holds by
    whatever opening hours. What was done is in `done`.
    """

    def __init__(
        self,
        keys: Digits = "",
        *,
        queued: Sequence[QueueResult] = (QueueResult(QueueExit.ANSWERED),),
        dialled_out: Sequence[DialOutcome] = (DialOutcome.ANSWERED,),
        hang_up_at: int | None = None,
        opening: str = "open",
        caller: str = "+4791234567",
        language: str = "en",
        tenant_id: UUID = TENANT,
    ) -> None:
        self.call_id = CALL
        self.tenant_id = tenant_id
        self.caller = caller
        self.dialled = "+4722334455"
        self.language = language
        self.variables: dict[str, str] = {}
        self.done: list[tuple[str, object]] = []
        """Name of each method that was called and what it was given."""
        self.waits = 0
        """How many methods that wait have been called."""
        self.ended = False
        self._keys = list(keys)
        self._queued, self._dialled_out = list(queued), list(dialled_out)
        self._opening = opening
        self._hang_up_at = hang_up_at

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 3, 2, 12, tzinfo=UTC)

    def opening(self, schedule: UUID) -> str:
        """The category given as `opening`, whatever is asked."""
        self.done.append(("opening", schedule))
        return self._opening

    def count(self, name: str) -> None:
        """Noted."""
        self.done.append(("count", name))

    def speak(self, language: str) -> None:
        """The language of the call from now on."""
        self.language = language

    def on_vip_list(
        self, list_id: UUID, name: str, *, service_level_seconds: int | None = None, blocked: bool = False
    ) -> None:
        """Noted, with the list's name."""
        self.done.append(("on_vip_list", name))

    async def answer(self) -> None:
        """Noted."""
        self._wait("answer", None)

    async def play(self, prompts: Sequence[Prompt], *, interrupt: Digits = "") -> str:
        """Interrupted by the next key if it may."""
        self._wait("play", tuple(prompts))
        return self._keys.pop(0) if self._keys and self._keys[0] in interrupt else ""

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
        """The next keys, up to the terminator or `max_digits`."""
        self._wait("collect", tuple(prompts))
        digits = ""
        while self._keys and len(digits) < max_digits:
            key = self._keys.pop(0)
            if key in terminator:
                break
            digits += key
        return digits

    async def dial(self, number: str, *, ring_seconds: int = 45) -> DialOutcome:
        """The next of `dialled_out`."""
        self._wait("dial", number)
        return self._dialled_out.pop(0) if len(self._dialled_out) > 1 else self._dialled_out[0]

    async def enqueue(self, placement: QueuePlacement) -> QueueResult:
        """The next of `queued`."""
        self._wait("enqueue", placement)
        return self._queued.pop(0) if len(self._queued) > 1 else self._queued[0]

    async def record(self, *, max_seconds: Seconds, silence_seconds: Seconds = 5.0, stop: Digits = "#") -> Recording:
        """A recording of SPOKEN_SECONDS, or as long as may be."""
        self._wait("record", max_seconds)
        return Recording("scripted", min(max_seconds, SPOKEN_SECONDS))

    async def hang_up(self) -> None:
        """The call is over: every method that waits raises CallerHungUp from now on."""
        self.done.append(("hang_up", None))
        self.ended = True

    def _wait(self, method: str, given: object) -> None:
        wait, self.waits = self.waits, self.waits + 1
        self.ended = self.ended or wait == self._hang_up_at
        if self.ended:
            raise CallerHungUp
        self.done.append((method, given))
