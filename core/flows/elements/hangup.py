"""The hang-up element: the call is over."""

from typing import ClassVar

from msgspec import Struct

from core.api.calls import CallControl
from core.api.elements import END, Element, Exit
from core.api.texts import N_


class HangUpConfig(Struct, frozen=True):
    """It has no settings."""


class HangUp(Element[HangUpConfig]):
    """Ends the call."""

    key: ClassVar[str] = "core.hang_up"
    title: ClassVar[str] = N_("Hang up")
    config: ClassVar[type[Struct]] = HangUpConfig

    def exits(self, config: HangUpConfig) -> tuple[Exit, ...]:
        return ()

    async def run(self, call: CallControl, config: HangUpConfig) -> str:
        await call.hang_up()
        return END
