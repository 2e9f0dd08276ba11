"""The transfer element: out of the flow to an outside number (IVR-18)."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from core.api.calls import CallControl, DialOutcome
from core.api.elements import END, Element, Exit
from core.api.texts import N_


class TransferConfig(Struct, frozen=True, kw_only=True):
    """Settings of a transfer."""

    number: Annotated[
        str,
        Meta(
            pattern=r"^\+[1-9][0-9]{4,14}$",
            description=N_("write it with + and the country code, without spaces, such as +4722334455"),
        ),
    ]
    """E.164."""
    ring_seconds: Annotated[int, Meta(ge=5, le=120)] = 45


class Transfer(Element[TransferConfig]):
    """Rings a number and connects the caller; when they have talked, the call is over."""

    key: ClassVar[str] = "core.transfer"
    title: ClassVar[str] = N_("Transfer to number")
    config: ClassVar[type[Struct]] = TransferConfig

    def exits(self, config: TransferConfig) -> tuple[Exit, ...]:
        return (
            Exit("busy", N_("Busy"), required=False),
            Exit("no_answer", N_("No answer"), required=False, waits=True),
            Exit("unreachable", N_("Unreachable"), required=False),
            Exit("not_allowed", N_("Not allowed"), required=False),
        )

    async def run(self, call: CallControl, config: TransferConfig) -> str:
        match await call.dial(config.number, ring_seconds=config.ring_seconds):
            case DialOutcome.ANSWERED:
                await call.hang_up()
                return END
            case DialOutcome.BUSY | DialOutcome.REJECTED:
                return "busy"
            case outcome:
                return outcome.value
