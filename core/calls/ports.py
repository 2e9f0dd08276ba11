"""What queues and flows ask of the telephone side: legs and the switch that connects them."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from core.calls.events import AnyData, Cause, LegRole


class LegState(IntEnum):
    """The life of a leg; it only moves forward."""

    CREATED = 0
    RINGING = 1
    ANSWERED = 2
    """200 and ACK exchanged."""
    MEDIA_UP = 3
    """Answered, and the first RTP packet of the other side has arrived."""
    ENDED = 4


class LegEnding(Struct, frozen=True):
    """Why a leg ended; `by_us` tells who sent the BYE, CANCEL or final response."""

    cause: Cause
    sip_code: int = 0
    detail: str = ""
    by_us: bool = False


class Address(Struct, frozen=True):
    """Where an outgoing leg goes: `kind` is "number" (E.164, through a trunk) or "sip" (a SIP URI)."""

    kind: str
    value: str


class Dial(Struct, frozen=True, kw_only=True):
    """An outgoing leg to be made."""

    tenant_id: UUID
    call_id: UUID
    role: LegRole
    address: Address
    presentation: str
    """Number shown to the called party, E.164; empty: anonymous."""
    display_name: str = ""
    person_id: UUID | None = None
    person: str = ""


class Leg(Protocol):
    """One SIP dialog with its audio."""

    @property
    def id(self) -> UUID:
        """The leg's key in the journal."""
        ...

    @property
    def role(self) -> LegRole:
        """What it is in the call."""
        ...

    @property
    def state(self) -> LegState:
        """How far it has come."""
        ...

    @property
    def ending(self) -> LegEnding | None:
        """Set when the state is ENDED."""
        ...

    async def until(self, state: LegState) -> LegState:
        """Wait until the leg has reached `state`, or a later one (ENDED included); returns where it is."""
        ...

    async def until_held(self, held: bool) -> bool:
        """Wait until the other side has put us on hold, or off again (`held` false); False: the leg ended first."""
        ...

    async def answer(self) -> None:
        """Answer an incoming leg; returns when it is ANSWERED. Raises LegGone when it ended first."""
        ...

    async def play(self, files: Sequence[Path], *, loop: bool = False, interrupt: str = "") -> str:
        """Play to the end or until a digit of `interrupt` (returned, else ""). Cancelling stops the sound.

        Raises LegGone when the leg ends.
        """
        ...

    async def digit(self) -> str:
        """The next digit keyed in (RFC 4733 or SIP INFO), also one that came before. Raises LegGone."""
        ...

    async def record(self, file: Path, *, max_seconds: float, silence_seconds: float, stop: str) -> float:
        """Record what the other side says into a WAV file; returns the seconds recorded. Raises LegGone."""
        ...

    async def hang_up(self, cause: Cause = Cause.COMPLETED, *, sip_code: int = 0) -> None:
        """End the leg in whatever state it is (CANCEL, final response or BYE); a second call does nothing.

        ANSWERED_ELSEWHERE puts a Reason header on the CANCEL (RFC 3326).
        """
        ...


class LegGone(Exception):
    """The leg ended while something waited for it."""


class Switch(Protocol):
    """Makes legs and connects them. Journals leg.created, ringing, answered, media_up and ended itself."""

    async def dial(self, dial: Dial) -> Leg:
        """Start an outgoing leg; returns at once, in state CREATED or ENDED (when it could not be made)."""
        ...

    async def bridge(self, one: Leg, other: Leg) -> None:
        """Connect the audio of two legs in both directions. Raises LegGone."""
        ...

    async def unbridge(self, one: Leg, other: Leg) -> None:
        """Disconnect them again; legs that are gone are no error."""
        ...

    async def mute(self, speaker: Leg, listener: Leg) -> None:
        """Of two connected legs, let `listener` hear `speaker` no more until unmute(); as unbridge()."""
        ...

    async def unmute(self, speaker: Leg, listener: Leg) -> None:
        """Let `listener` hear `speaker` again; as unbridge()."""
        ...


class JournalWriter(Protocol):
    """Where the events of one call go."""

    def write(self, data: AnyData) -> None:
        """Append an event: numbered, stamped and stored at once; never blocks on the network."""
        ...
