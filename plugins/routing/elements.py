"""The flow's element: several digits, and where they lead (IVR-13, ADM-5 … ADM-9)."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta, Struct

from core.api import END, N_, CallControl, DialOutcome, Element, Exit, FlowLink, Prompt
from plugins.routing.model import Destination, match
from plugins.routing.service import ASKED

Prompts = Annotated[tuple[Prompt, ...], Meta(max_length=20)]


class AdvancedMenuConfig(Struct, frozen=True, kw_only=True):
    """Settings of an advanced menu."""

    list: UUID
    """ADM-8: the route list."""
    prompts: Prompts = ()
    """ADM-5: tells the alternatives; a digit interrupts it."""
    max_digits: Annotated[int, Meta(ge=1, le=20)] = 5
    """ADM-7: so many are waited for; then the call goes on at once."""
    timeout_seconds: Annotated[int, Meta(ge=1, le=60)] = 5
    """ADM-6: how long the first digit is waited for after the announcement."""
    digit_seconds: Annotated[int, Meta(ge=1, le=20)] = 3
    """How long each further digit is waited for."""
    terminator: Annotated[str, Meta(pattern=r"^[#*]?$", description=N_("write # or *, or nothing"))] = "#"
    """A key that ends the input before all digits have come."""
    attempts: Annotated[int, Meta(ge=1, le=9)] = 3
    """How often the announcement is played before a wrong value, or none, leads on."""
    invalid_prompts: Prompts = ()
    """Played after a value that leads nowhere."""
    no_dial_prompts: Prompts = ()
    """Played when nothing came."""
    ring_seconds: Annotated[int, Meta(ge=5, le=120)] = 45
    """How long a number is rung."""


class AdvancedMenu(Element[AdvancedMenuConfig]):
    """Asks for digits, and leads to the number or flow that the list has for them."""

    key: ClassVar[str] = "routing.menu"
    title: ClassVar[str] = N_("Advanced menu")
    config: ClassVar[type[Struct]] = AdvancedMenuConfig

    def exits(self, config: AdvancedMenuConfig) -> tuple[Exit, ...]:
        return (
            Exit("invalid", N_("Wrong value"), waits=True),
            Exit("no_dial", N_("No value"), waits=True),
            Exit("failed", N_("Destination not reached"), required=False, waits=True),
        )

    async def run(self, call: CallControl, config: AdvancedMenuConfig) -> str | FlowLink:
        await call.answer()
        routes = await ASKED.of(config.list) or {}
        remarks = {"invalid": config.invalid_prompts, "no_dial": config.no_dial_prompts}
        exit, remark = "", ()  # type: tuple[str, tuple[Prompt, ...]]
        for _ in range(config.attempts):
            digits = await call.collect(
                max_digits=config.max_digits,
                first_timeout=config.timeout_seconds,
                next_timeout=config.digit_seconds,
                terminator=config.terminator,
                prompts=(*remark, *config.prompts),
            )
            if digits and (destination := match(routes, digits)):
                return await self._go(call, destination, config.ring_seconds)
            exit = "invalid" if digits else "no_dial"
            remark = remarks[exit]
        if remark:
            await call.play(remark)
        return exit

    async def _go(self, call: CallControl, destination: Destination, ring_seconds: int) -> str | FlowLink:
        if destination.flow is not None:
            return FlowLink(destination.flow)
        if await call.dial(destination.number, ring_seconds=ring_seconds) is not DialOutcome.ANSWERED:
            return "failed"
        await call.hang_up()
        return END
