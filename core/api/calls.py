"""What a call-flow element may do with a call: the CallControl protocol and the values that go in and out."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

Digits = Annotated[str, Meta(pattern=r"^[0-9*#A-D]*$")]
Seconds = Annotated[float, Meta(ge=0)]


class CallerHungUp(Exception):
    """The caller is gone: raised by every CallControl method that waits. An element lets it pass."""


class Prompt(Struct, frozen=True, kw_only=True):
    """Something to play: a stored sound, or a text that is spoken. Exactly one of `sound` and `text`."""

    sound: UUID | None = None
    text: str = ""
    language: str = ""
    """BCP 47 tag; empty: the language of the call."""
    voice: str = ""
    """Name of a voice of the text-to-speech provider; empty: the tenant's."""

    def __post_init__(self) -> None:
        if (self.sound is None) == (not self.text):
            raise ValueError("a prompt has either a sound or a text")


class Distribution(StrEnum):
    """How a queue chooses whom to ring (QEL-7 … QEL-10)."""

    LONGEST_IDLE = "longest_idle"
    RING_ALL = "ring_all"
    PRIORITY_GROUPS = "priority_groups"
    PRIORITY_GROUPS_CUMULATIVE = "priority_groups_cumulative"


class HoldMusic(StrEnum):
    """What a waiting caller hears (QEL-6)."""

    RINGBACK = "ringback"
    MUSIC = "music"
    RINGBACK_NO_MESSAGES = "ringback_no_messages"
    MUSIC_THEN_RINGBACK = "music_then_ringback"


class QueuePlacement(Struct, frozen=True, kw_only=True):
    """Settings of one placement of a queue in a flow (QEL)."""

    queue: UUID
    ring_seconds: Annotated[int, Meta(ge=5, le=120)] = 20
    """QEL-3: how long one member is tried."""
    total_seconds: Annotated[int, Meta(ge=5, le=7200)] = 600
    """QEL-4: the longest stay before the caller goes on in the flow."""
    priority: Annotated[int, Meta(ge=0, le=99)] = 10
    """QEL-5: priority of the call in the queue; 0 is first."""
    distribution: Distribution = Distribution.LONGEST_IDLE
    hold_music: HoldMusic = HoldMusic.MUSIC
    music: Annotated[tuple[Prompt, ...], Meta(max_length=20)] = ()
    """Repeated as this queue's music on hold; empty: the music that the product brings."""
    exit_if_queue: bool = False
    """QEL-11: leave at once when nobody is available."""
    allow_empty: bool = False
    """QEL-12: stay although no member is logged in."""
    message: tuple[Prompt, ...] = ()
    """QEL-13: played to those who wait."""
    message_interval: Annotated[int, Meta(ge=5, le=600)] = 30
    """QEL-13: seconds between two plays of the message."""
    keys: Digits = ""
    """QEL-14: digits that make the caller leave the queue by the exit of that digit."""
    display_name: str = ""
    """QEL-1."""


class QueueExit(StrEnum):
    """Why a caller is no longer in the queue."""

    ANSWERED = "answered"
    """Talked with a member, and that conversation is over."""
    TIMEOUT = "timeout"
    KEY = "key"
    BUSY = "busy"
    """QEL-11: nobody available and waiting is disabled."""
    EMPTY = "empty"
    """QEL-12: no member logged in."""
    ABANDONED = "abandoned"
    """The caller hung up while waiting."""
    TRANSFERRED = "transferred"
    LOST = "lost"
    """The media process died."""


class QueueResult(Struct, frozen=True):
    """How a stay in a queue ended for the flow."""

    exit: QueueExit
    digit: str = ""


class DialOutcome(StrEnum):
    """How an attempt to reach a number ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    NOT_ALLOWED = "not_allowed"
    """A limit of the tenant forbids it (countries, premium numbers, rate)."""


class Recording(Struct, frozen=True):
    """A finished recording: key in the recordings' store and length in seconds."""

    key: str
    seconds: float


class CallControl(Protocol):
    """One caller's call, as an element sees it. Times are UTC; numbers are E.164, empty when withheld.

    Every method that waits raises CallerHungUp when the caller is gone.
    """

    @property
    def call_id(self) -> UUID:
        """Key of the call in the journal."""
        ...

    @property
    def tenant_id(self) -> UUID:
        """Whose call it is."""
        ...

    @property
    def caller(self) -> str:
        """The caller's number."""
        ...

    @property
    def dialled(self) -> str:
        """The main number that was dialled."""
        ...

    @property
    def language(self) -> str:
        """BCP 47 tag of the language in which the caller is spoken to."""
        ...

    @property
    def variables(self) -> dict[str, str]:
        """Values that elements of this call set for later ones."""
        ...

    def now(self) -> datetime:
        """The time of the call: UTC, virtual in a simulation."""
        ...

    def opening(self, schedule: UUID) -> str:
        """Key of the category that holds now by these opening hours; "closed" where nothing is defined (OPH-8)."""
        ...

    def count(self, name: str) -> None:
        """The call passes the counter of this name (IVR-17): journaled."""
        ...

    def speak(self, language: str) -> None:
        """From now on the caller is spoken to in this language (BCP 47)."""
        ...

    def on_vip_list(
        self, list_id: UUID, name: str, *, service_level_seconds: int | None = None, blocked: bool = False
    ) -> None:
        """The caller is on this list: journaled, so that screens and reports know it (RQD-2, VIP-4).

        `service_level_seconds`: what counts as good enough in the queues that follow (VIP-3); None: the queue's own.
        `blocked`: the list refuses its callers, and the element ends the call.
        """
        ...

    async def answer(self) -> None:
        """Answer the caller if that has not been done."""
        ...

    async def play(self, prompts: Sequence[Prompt], *, interrupt: Digits = "") -> str:
        """Play to the end, or until one of the digits in `interrupt`; returns that digit or ""."""
        ...

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
        """Digits keyed in, also during the prompts, without the terminator; "" when none came in time.

        `secret`: the journal and whatever is made of it tell how many they were, not which (a PIN).
        """
        ...

    async def dial(self, number: str, *, ring_seconds: int = 45) -> DialOutcome:
        """Call an outside number and connect the caller; returns after they talked, or why it failed."""
        ...

    async def enqueue(self, placement: QueuePlacement) -> QueueResult:
        """Wait in a queue, talk with the member who answers; returns when either is over."""
        ...

    async def record(self, *, max_seconds: Seconds, silence_seconds: Seconds = 5.0, stop: Digits = "#") -> Recording:
        """Record the caller until a stop digit, silence or the longest time."""
        ...

    async def hang_up(self) -> None:
        """End the call."""
        ...
