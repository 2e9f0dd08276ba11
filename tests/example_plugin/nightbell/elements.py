"""The flow element."""

from msgspec import Struct

from core.api import N_, CallControl, Element, Exit, Prompt
from nightbell.service import ring


class NightBellConfig(Struct, frozen=True):
    """What the caller hears when the bell has rung."""

    thanks: tuple[Prompt, ...] = ()


class NightBell(Element[NightBellConfig]):
    """Rings the bell, thanks the caller and goes on."""

    key = "nightbell.ring"
    title = N_("Night bell")
    config = NightBellConfig

    def exits(self, config: NightBellConfig) -> tuple[Exit, ...]:
        return (Exit("next", N_("Next"), required=False),)

    async def run(self, call: CallControl, config: NightBellConfig) -> str:
        await ring(call.call_id, call.caller)
        await call.play(config.thanks)
        return "next"
